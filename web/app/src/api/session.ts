// Who asks. Where the page is reached through kubectl proxy, the service proxy
// with a client certificate, or a login proxy, there is no token here at all.

const key = 'store-dashboard.token';

type Listener = () => void;

/** The token, kept for this tab only, and whether the server has refused it. */
class Session {
  #token = sessionStorage.getItem(key) ?? '';
  #refused = false;
  #listeners = new Set<Listener>();

  get token() {
    return this.#token;
  }
  /** True from a 401 until somebody signs in. */
  get refused() {
    return this.#refused;
  }

  signIn(token: string) {
    this.#token = token.trim();
    this.#refused = false;
    sessionStorage.setItem(key, this.#token);
    this.#tell();
  }

  signOut() {
    this.#token = '';
    this.#refused = true;
    sessionStorage.removeItem(key);
    this.#tell();
  }

  refuse() {
    if (this.#refused) return;
    this.#refused = true;
    this.#tell();
  }

  subscribe = (listener: Listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}

export const session = new Session();
