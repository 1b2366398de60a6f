import {describe, expect, it} from 'vitest';
import {probeTarget} from '../../../src/commands/probe/probe-target.ts';
import {emptyConfiguration, parseConfiguration, registryFor} from '../../../src/domain/configuration.ts';

const one = parseConfiguration('registries: {private: {url: "https://registry.example:5050", role: cache}}', 'f');
const two = parseConfiguration(
	'registries: {private: {url: "https://registry.example"}, mirror: {url: "http://mirror:5000", role: cache}}',
	'f',
);

describe('which registry a probe means', () => {
	it('is the only one that is configured', () => {
		expect(probeTarget(undefined, one)).toMatchObject({host: 'registry.example:5050', role: 'cache'});
	});

	it('must be given where several are configured, or none', () => {
		expect(() => probeTarget(undefined, two)).toThrow(
			expect.objectContaining({exit: 'usage', message: expect.stringContaining('private, mirror')}),
		);
		expect(() => probeTarget(undefined, emptyConfiguration)).toThrow(
			expect.objectContaining({exit: 'usage', hint: expect.stringContaining('HOST[:PORT]')}),
		);
	});

	it.each([
		['mirror', 'mirror:5000', 'cache'],
		['registry.example', 'registry.example', 'authoritative'],
		['mirror:5000', 'mirror:5000', 'cache'],
		['http://mirror:5000/', 'mirror:5000', 'cache'],
		['127.0.0.1:5055', '127.0.0.1:5055', 'authoritative'],
		['[::1]:5055', '[::1]:5055', 'authoritative'],
		['localhost', 'localhost', 'authoritative'],
	])('%s is %s', (wanted, host, role) => {
		expect(probeTarget(wanted, two)).toMatchObject({host, role});
	});

	it('is reached over the protocol of its address', () => {
		for (const url of ['http://plain.example:5000', 'https://127.0.0.1:5000']) {
			const {host, configuration} = probeTarget(url, two);
			expect(registryFor(configuration, host)?.registry.url).toBe(url);
		}
	});

	it('is a misspelt name where it is a single unknown word', () => {
		expect(() => probeTarget('privat', two)).toThrow(expect.objectContaining({code: 'configuration.no-registry'}));
	});

	it.each(['https://', 'http://a/b', 'host:5000/repository', 'a b', 'https://nora:hunter22@r.example', ''])(
		'%j is no address, and no password in it is repeated',
		wanted => {
			expect(() => probeTarget(wanted, two)).toThrow(
				expect.objectContaining({exit: 'usage', message: expect.not.stringContaining('hunter22')}),
			);
		},
	);
});
