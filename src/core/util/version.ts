/** Put in by the build; absent when the sources run as they are. */
declare const __MOQT_VERSION__: string | undefined;

/** The version of this package, or `dev`. */
export const VERSION: string = typeof __MOQT_VERSION__ === 'undefined' ? 'dev' : __MOQT_VERSION__;
