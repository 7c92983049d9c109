import { lazy, Suspense } from 'react';
import { useStores } from './state/feeds';
import { useSession, useWhoAmI } from './state/queries';
import { href, useRoute, type Route } from './state/route';
import { useTheme, type Theme } from './state/theme';
import { session } from './api/session';
import { ListPage } from './list/ListPage';
import { ConnectionState } from './ui/Connection';
import { Mark } from './ui/icons';
import { Notes } from './ui/Notes';
import { SignIn } from './ui/SignIn';

// The list is what people come for; the rest is fetched when it is gone to.
const StorePage = lazy(() => import('./store/StorePage'));
const CreatePage = lazy(() => import('./form/CreatePage'));
const EditPage = lazy(() => import('./form/EditPage'));
const PlatformPage = lazy(() => import('./platform/PlatformPage'));

export function App() {
  const route = useRoute();
  return (
    <>
      <a className="skip" href="#content" onClick={(event) => {
        event.preventDefault();
        document.querySelector<HTMLElement>('main h1')?.focus();
      }}>Skip to the content</a>
      <Top route={route} />
      <main id="content">
        <Suspense fallback={<p className="soft" role="status">Loading …</p>}><Page route={route} /></Suspense>
      </main>
      <Notes />
      <SignIn />
    </>
  );
}

function Page({ route: { path, query } }: { route: Route }) {
  const [section, name, tab] = path;
  if (section === 'create') return <CreatePage engine={query.get('engine') ?? ''} />;
  if (section === 'platform') return <PlatformPage />;
  if (section === 'stores' && name && tab === 'edit') return <EditPage key={name} name={name} />;
  if (section === 'stores' && name) return <StorePage key={name} name={name} tab={tab ?? 'overview'} />;
  return <ListPage query={query} />;
}

function Top({ route }: { route: Route }) {
  const { connection } = useStores();
  const { data: user } = useWhoAmI();
  const { signedIn } = useSession();
  const [theme, setTheme] = useTheme();
  const section = route.path[0] === 'platform' ? 'platform' : 'stores';
  const current = (name: string) => (section === name ? 'page' : undefined);
  return (
    <header className="top">
      <div>
        <a className="brand" href={href([])} aria-label="Store platform, home"><Mark /><span>Store platform</span></a>
        <nav aria-label="Pages">
          <a href={href([])} aria-current={current('stores')}>Stores</a>
          <a href={href(['platform'])} aria-current={current('platform')}>Platform</a>
        </nav>
        <ConnectionState connection={connection} />
        {user && <span className="who" title={user}>{user}</span>}
        {signedIn && <button type="button" className="button plain compact" onClick={() => session.signOut()}>Sign out</button>}
        <select aria-label="Colours" value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
          <option value="auto">Auto</option>
          <option value="light">Light</option>
          <option value="dark">Dark</option>
        </select>
      </div>
    </header>
  );
}
