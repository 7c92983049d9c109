export default function P(_: {name?: string; tab?: string; engine?: string}) { return null; }
