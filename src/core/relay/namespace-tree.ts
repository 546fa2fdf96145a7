import type { TrackNamespace } from '../wire/full-track-name.js';

interface Node<P, W> {
  readonly parent: Node<P, W> | null;
  readonly key: string;
  readonly namespace: TrackNamespace;
  readonly children: Map<string, Node<P, W>>;
  readonly publishers: Set<P>;
  readonly watchers: Set<W>;
}

/**
 * Who publishes which namespace and who watches which prefix, matched field by field and byte by byte (draft-18 §9.5).
 * A lookup costs the number of fields, not the number of entries. Empty branches are pruned.
 */
export class NamespaceTree<P, W> {
  readonly #root: Node<P, W> = node(null, '', []);

  /** True when nobody had published this very namespace before. */
  publish(namespace: TrackNamespace, publisher: P): boolean {
    const { publishers } = this.#grow(namespace);
    publishers.add(publisher);
    return publishers.size === 1;
  }

  /** True when nobody publishes this very namespace any more. */
  withdraw(namespace: TrackNamespace, publisher: P): boolean {
    const at = this.#find(namespace);
    if (!at?.publishers.delete(publisher)) return false;
    const last = at.publishers.size === 0;
    this.#prune(at);
    return last;
  }

  watch(prefix: TrackNamespace, watcher: W): void {
    this.#grow(prefix).watchers.add(watcher);
  }

  unwatch(prefix: TrackNamespace, watcher: W): void {
    const at = this.#find(prefix);
    if (at?.watchers.delete(watcher)) this.#prune(at);
  }

  /** Publishers of the namespace or of a prefix of it, each once, the longest match first. */
  publishersOf(namespace: TrackNamespace): P[] {
    const found = new Set<P>();
    for (const at of this.#path(namespace).reverse()) for (const publisher of at.publishers) found.add(publisher);
    return [...found];
  }

  /** Watchers of the namespace or of a prefix of it. */
  watchersOf(namespace: TrackNamespace): W[] {
    return this.#path(namespace).flatMap((at) => [...at.watchers]);
  }

  /** The published namespaces that begin with `prefix`, with their publishers. */
  *below(
    prefix: TrackNamespace,
  ): Generator<{ readonly namespace: TrackNamespace; readonly publishers: ReadonlySet<P> }> {
    const start = this.#find(prefix);
    const stack = start === undefined ? [] : [start];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (at.publishers.size > 0) yield { namespace: at.namespace, publishers: at.publishers };
      stack.push(...at.children.values());
    }
  }

  get isEmpty(): boolean {
    const root = this.#root;
    return root.children.size === 0 && root.publishers.size === 0 && root.watchers.size === 0;
  }

  /** The nodes from the root down to the namespace, as far as they exist. */
  #path(namespace: TrackNamespace): Node<P, W>[] {
    const path = [this.#root];
    let at: Node<P, W> | undefined = this.#root;
    for (const field of namespace) {
      at = at.children.get(fieldKey(field));
      if (at === undefined) break;
      path.push(at);
    }
    return path;
  }

  #find(namespace: TrackNamespace): Node<P, W> | undefined {
    const path = this.#path(namespace);
    return path.length === namespace.length + 1 ? path.at(-1) : undefined;
  }

  #grow(namespace: TrackNamespace): Node<P, W> {
    let at = this.#root;
    for (let i = 0; i < namespace.length; i++) {
      const key = fieldKey(namespace[i] as Uint8Array);
      let next = at.children.get(key);
      if (next === undefined) {
        next = node(at, key, namespace.slice(0, i + 1));
        at.children.set(key, next);
      }
      at = next;
    }
    return at;
  }

  #prune(leaf: Node<P, W>): void {
    let at: Node<P, W> | null = leaf;
    while (at?.parent && at.children.size === 0 && at.publishers.size === 0 && at.watchers.size === 0) {
      at.parent.children.delete(at.key);
      at = at.parent;
    }
  }
}

function node<P, W>(parent: Node<P, W> | null, key: string, namespace: TrackNamespace): Node<P, W> {
  return { parent, key, namespace, children: new Map(), publishers: new Set(), watchers: new Set() };
}

/** Latin-1 maps every byte to one character, so that equal keys are equal bytes. */
function fieldKey(field: Uint8Array): string {
  return Buffer.from(field.buffer, field.byteOffset, field.byteLength).toString('latin1');
}
