export * from '../../src/adapter-sdk/testing/waiting.js';
