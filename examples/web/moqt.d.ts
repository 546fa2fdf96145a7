// What the relay serves as moqt.js: the library for browsers.
export * from 'moqt/web';
