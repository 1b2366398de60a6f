import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type CopyPart, copySteps, weighCopyBack} from '../../../src/domain/remedy/copy-back.ts';
import {digestOf} from '../../../src/drills/images/image.ts';

const named = (name: string) => digestOf(Buffer.from(name));
const top = named('top');

function part(name: string, where: CopyPart['where'], more: Partial<CopyPart> = {}): CopyPart {
	return {digest: named(name), role: 'layer', size: 1000, where, ...more};
}

const fromMirror = (name: string, ...sources: string[]) => part(name, 'sources', {sources});
const weigh = (parts: CopyPart[], silent: {source: string; why: string}[] = []) =>
	weighCopyBack({digest: top, parts, silent});

describe('what is said of the sources', () => {
	it.each<[string, CopyPart[], string]>([
		['one part', [fromMirror('a', 'mirror')], 'mirror holds the missing part. 1.0 kB in all; the digest stays.'],
		[
			'one source holds all',
			[fromMirror('a', 'mirror'), fromMirror('b', 'mirror')],
			'mirror holds all 2 missing parts. 2.0 kB in all; the digest stays.',
		],
		[
			'sources complete each other',
			[fromMirror('a', 'node1'), fromMirror('b', 'node1', 'node2'), fromMirror('c', 'node2')],
			'node1 holds 2 of 3 missing parts, node2 2. 3.0 kB in all; the digest stays.',
		],
	])('%s', (_, parts, why) => {
		expect(weigh([part('there', 'linked'), ...parts])).toEqual({
			possible: true,
			why,
			bytes: parts.length * 1000,
			top,
		});
	});

	it('what is still missing after all of them comes first, then what they hold, then who could not be asked', () => {
		const {possible, why} = weigh(
			[part('gone', 'gone', {role: 'config'}), fromMirror('a', 'mirror')],
			[{source: 'nas', why: 'ssh: no route to host.'}],
		);

		expect(possible).toBe(false);
		expect(why).toMatch(
			/^No source holds the config sha256:\w{12}\. mirror holds the missing part\. nas could not be asked: ssh: no route to host\.$/,
		);
	});

	it.each<[CopyPart['where'], string]>([
		['in-the-way', 'First move aside'],
		['unread', 'It is not known whether'],
		['gone', 'No source holds'],
	])('a part that is %s makes it impossible, whatever the sources hold', (where, says) => {
		const {possible, why} = weigh([part('bad', where), fromMirror('a', 'mirror')]);

		expect(possible).toBe(false);
		expect(why).toContain(says);
	});

	it('says why bad data stays where it is, and nothing of that where none is in the way', () => {
		const kept = 'No restart command is configured.';

		expect(weighCopyBack({digest: top, parts: [part('bad', 'in-the-way')], silent: []}, [], kept).why).toContain(kept);
		expect(weighCopyBack({digest: top, parts: [part('a', 'gone')], silent: []}, [], kept).why).not.toContain(kept);
	});

	it('is not needed where the disk has everything', () => {
		expect(weigh([part('a', 'linked'), part('b', 'disk')])).toMatchObject({possible: false});
	});
});

describe('the steps', () => {
	it('blobs before manifests, children before their index, tags last; from the sources that hold them, or the repository that links them', () => {
		const steps = copySteps(
			'acme/app',
			{
				digest: top,
				silent: [],
				parts: [
					part('config', 'sources', {role: 'config', sources: ['mirror']}),
					part('linked', 'linked'),
					part('onDisk', 'disk'),
					part('shared', 'disk', {from: 'acme/base'}),
					part('child', 'disk', {role: 'manifest'}),
					{digest: top, role: 'manifest', size: 500, where: 'sources', sources: ['mirror']},
				],
			},
			['latest'],
		);

		expect(steps).toEqual([
			{
				kind: 'upload-blob',
				repository: 'acme/app',
				digest: named('config'),
				role: 'config',
				size: 1000,
				sources: ['mirror'],
			},
			{kind: 'upload-blob', repository: 'acme/app', digest: named('onDisk'), role: 'layer', size: 1000},
			{
				kind: 'mount-blob',
				repository: 'acme/app',
				digest: named('shared'),
				role: 'layer',
				size: 1000,
				from: 'acme/base',
			},
			{kind: 'put-manifest', repository: 'acme/app', digest: named('child')},
			{kind: 'put-manifest', repository: 'acme/app', digest: top, sources: ['mirror']},
			{kind: 'restore-tag', repository: 'acme/app', tag: 'latest', digest: top, sources: ['mirror']},
		]);
	});

	it('store exactly what is not linked, each once, and nothing that is in the way or gone', () => {
		const wheres = ['linked', 'disk', 'sources', 'gone', 'in-the-way', 'unread'] as const;
		const parts = fc.array(
			fc.record({
				name: fc.string(),
				where: fc.constantFrom(...wheres),
				role: fc.constantFrom('manifest' as const, 'config' as const, 'layer' as const),
			}),
		);
		fc.assert(
			fc.property(parts, some => {
				const all = some.map(({name, where, role}, at) => part(`${at} ${name}`, where, {role}));
				const digests = copySteps('acme/app', {digest: top, parts: all, silent: []}, []).map(({digest}) => digest);
				const wanted = all.filter(({where}) => where === 'disk' || where === 'sources').map(({digest}) => digest);
				expect([...digests].sort()).toEqual([...wanted].sort());
			}),
		);
	});
});
