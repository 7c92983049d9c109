// Feeds by path. All parts of the page that show one thing share its feed.
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { Feed, type Snapshot } from '../api/feed';
import { storesPath } from '../api/paths';
import { session } from '../api/session';
import type { Store, Stored } from '../api/types';

const feeds = new Map<string, Feed<Stored>>();

export function feedOf<T extends Stored>(path: string): Feed<T> {
  let feed = feeds.get(path);
  if (feed === undefined) {
    feed = new Feed<Stored>(path);
    feeds.set(path, feed);
  }
  return feed as unknown as Feed<T>;
}

/** What is known of a path now and from now on. */
export function useFeed<T extends Stored>(path: string): Snapshot<T> & { retry: () => void } {
  const feed = feedOf<T>(path);
  const snapshot = useSyncExternalStore(feed.subscribe, feed.snapshot);
  useEffect(() => {
    // A new token, a network that is back, a page that is looked at again: try now.
    const signedIn = session.subscribe(() => {
      if (!session.refused) feed.retry();
    });
    const visible = () => {
      if (document.visibilityState === 'visible') feed.retry();
    };
    window.addEventListener('online', feed.retry);
    document.addEventListener('visibilitychange', visible);
    return () => {
      signedIn();
      window.removeEventListener('online', feed.retry);
      document.removeEventListener('visibilitychange', visible);
    };
  }, [feed]);
  return { ...snapshot, retry: useCallback(() => feed.retry(), [feed]) };
}

export const useStores = () => useFeed<Store>(storesPath);
