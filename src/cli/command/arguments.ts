import { Args } from '@oclif/core';

// stdin is payload, never an argument.

export const urlArgument = Args.string({
  required: true,
  description: 'moqt://, https:// or http:// URL of the relay',
  ignoreStdin: true,
});

export const namespaceArgument = Args.string({
  required: true,
  description: 'namespace tuple, fields separated by /',
  ignoreStdin: true,
});

export const trackArgument = Args.string({ required: true, description: 'track name', ignoreStdin: true });
