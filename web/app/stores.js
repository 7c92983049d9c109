// Shows all stores, live. Names, messages and URLs are set as text, never as
// HTML: what a store says of itself is written by others.

const api = '/apis/platform.example.io/v1alpha1/stores';
const rows = document.getElementById('stores');
const connection = document.getElementById('connection');
const stores = new Map();

// A version that the server has forgotten: list again.
class Expired extends Error {}

async function request(url) {
  const response = await fetch(url, { headers: { Accept: 'application/json' } });
  if (response.status === 410) throw new Expired();
  if (!response.ok) {
    const status = await response.json().catch(() => ({}));
    throw new Error(status.message ?? `the API answers ${response.status}`);
  }
  return response;
}

async function list() {
  const found = await (await request(api)).json();
  stores.clear();
  for (const store of found.items) stores.set(store.metadata.name, store);
  render();
  return found.metadata.resourceVersion;
}

// watch reads events until the server ends the stream, and returns the version
// to go on from.
async function watch(version) {
  const response = await request(`${api}?watch=1&allowWatchBookmarks=true&resourceVersion=${version}`);
  connection.textContent = 'Live';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ;) {
    const { value, done } = await reader.read();
    if (done) return version;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) version = handle(JSON.parse(line));
  }
}

function handle({ type, object }) {
  if (type === 'ERROR') {
    if (object.code === 410) throw new Expired();
    throw new Error(object.message);
  }
  if (type === 'DELETED') stores.delete(object.metadata.name);
  else if (type !== 'BOOKMARK') stores.set(object.metadata.name, object);
  if (type !== 'BOOKMARK') render();
  return object.metadata.resourceVersion;
}

function render() {
  const sorted = [...stores.values()].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  rows.replaceChildren(...sorted.map(row));
}

function row(store) {
  const { spec, status = {} } = store;
  const ready = (status.conditions ?? []).find((condition) => condition.type === 'Ready');
  const cells = [store.metadata.name, spec.engine, spec.version, spec.plan, status.phase, ready?.status ?? 'Unknown'].map((text) => {
    const cell = document.createElement('td');
    cell.textContent = text ?? '';
    return cell;
  });
  cells[5].title = ready?.message ?? '';
  const url = document.createElement('td');
  if (/^https?:\/\//.test(status.url ?? '')) {
    const link = document.createElement('a');
    link.href = status.url;
    link.rel = 'noreferrer';
    link.textContent = status.url;
    url.append(link);
  }
  const line = document.createElement('tr');
  line.append(...cells, url);
  return line;
}

async function run() {
  for (let version; ;) {
    try {
      version ??= await list();
      version = await watch(version);
    } catch (error) {
      if (error instanceof Expired) {
        version = undefined;
        continue;
      }
      connection.textContent = `Not connected: ${error.message}. Trying again …`;
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}

run();
