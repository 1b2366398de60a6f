import {expect, test} from 'vitest';
import {urlOf} from '../../src/wiring/registry.ts';

test.each([
	['registry.example:5050', false, 'https://registry.example:5050'],
	['registry.example:5050', true, 'http://registry.example:5050'],
	['127.0.0.1:5000', false, 'http://127.0.0.1:5000'],
	['docker.io', false, 'https://registry-1.docker.io'],
	['index.docker.io', false, 'https://registry-1.docker.io'],
])('%s, with plain HTTP allowed: %s, is asked at %s', (host, plainHttp, url) => {
	expect(urlOf(host, plainHttp)).toBe(url);
});
