import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {sayAgreed, type Witness, weighWitnesses} from '../../../src/domain/remedy/witnesses.ts';
import {digestOf} from '../../../src/drills/images/image.ts';

const named = (name: string) => digestOf(Buffer.from(name));
const [top, other, child] = [named('top'), named('other'), named('child')];
const says = (source: string, digest = top, more: Partial<Witness> = {}): Witness => ({source, digest, ...more});
const pod = (digest = child): Witness => says('Pod acme/web', digest, {mayBePart: true});

describe('which digest a tag named', () => {
	it('is what all witnesses say', () => {
		const all = [says('mirror'), says('the inventory'), says('a pod of Deployment acme/web')];

		expect(weighWitnesses(all, [])).toEqual({digest: top, witnesses: all});
	});

	it('is never chosen where they disagree: each is shown with its time', () => {
		const weighed = weighWitnesses(
			[
				says('its own history', top, {setBy: '2026-04-16T02:00:00Z'}),
				says('nas', top, {setBy: '2026-04-18T03:00:00Z', built: '2026-04-18T02:00:00.5Z'}),
				says('the inventory', other, {seen: '2026-04-17T02:00:00Z'}),
				says('Pod acme/web', other, {started: '2026-04-15T02:00:00Z'}),
			],
			[],
		);

		expect(weighed).not.toHaveProperty('digest');
		expect(JSON.stringify(weighed)).toMatch(
			/not known: its own history has sha256:\w{12} \(set by 2026-04-16 02:00 UTC\), nas has sha256:\w{12} \(set by 2026-04-18 03:00 UTC, built 2026-04-18 02:00 UTC\), the inventory has sha256:\w{12} \(last seen 2026-04-17 02:00 UTC\), Pod acme\/web has sha256:\w{12} \(started 2026-04-15 02:00 UTC\)\./,
		);
	});

	it('is taken only where all say the same, whoever they are', () => {
		const witness = fc.record({
			source: fc.string(),
			digest: fc.constantFrom(top, other, child),
			mayBePart: fc.constantFrom(true as const, undefined),
		});
		fc.assert(
			fc.property(fc.array(witness), given => {
				const all = given.map(({mayBePart, ...each}): Witness => ({...each, ...(mayBePart && {mayBePart})}));
				const isSure = all.some(({mayBePart}) => !mayBePart);
				const isTaken = 'digest' in weighWitnesses(all, []);
				expect(isTaken).toBe(new Set(all.map(({digest}) => digest)).size === 1 && isSure);
			}),
		);
	});

	it('is the index of which a node has one platform', () => {
		const weighed = weighWitnesses([says('mirror'), pod()], [], new Map([[top, new Set([child])]]));

		expect(weighed).toMatchObject({digest: top, witnesses: [{source: 'mirror'}, {digest: top, part: child}]});
	});

	it.each<[string, Witness[], [string, string[]][]]>([
		['the index was not read', [says('mirror'), pod()], []],
		['the platform is of another index', [says('mirror'), pod()], [[top, [other]]]],
		[
			'two indexes have that platform',
			[says('mirror'), says('nas', other), pod()],
			[
				[top, [child]],
				[other, [child]],
			],
		],
		['a witness that saw the tag itself names the platform', [says('mirror'), says('nas', child)], [[top, [child]]]],
	])('is not known where %s', (_, witnesses, read) => {
		const indexes = new Map(
			read.map(([digest, children]) => [digest as typeof top, new Set(children as (typeof top)[])]),
		);

		expect(weighWitnesses(witnesses, [], indexes)).toMatchObject({
			why: expect.stringContaining('is not known: mirror'),
		});
	});

	it('is not known where the only witness may have told one platform of it, unless that is an index', () => {
		expect(weighWitnesses([pod()], [])).toMatchObject({
			why: expect.stringMatching(/^It is not known whether the tag named all of an image or this platform of it: Pod /),
		});
		expect(weighWitnesses([pod(top)], [], new Map([[top, new Set([child])]]))).toMatchObject({digest: top});
		expect(weighWitnesses([pod(), says('nas', child)], [])).toMatchObject({digest: child});
	});

	it('is not known where nobody says; who could not be asked is told', () => {
		expect(weighWitnesses([], [{source: 'nas', why: 'No route.'}])).toEqual({
			why: 'The tag names nothing, and no source has a tag of this name. nas could not be asked: No route.',
		});
	});
});

it('who agrees on it is told with their times', () => {
	const all = [
		says('mirror', top, {built: '2026-04-17T11:20:00Z'}),
		says('the inventory', top, {seen: '2026-04-18T02:00:00Z'}),
		says('Pod acme/web', top, {part: child, started: '2026-04-16T02:00:00Z'}),
	];

	expect(sayAgreed(top, all)).toMatch(
		/^According to mirror \(built 2026-04-17 11:20 UTC\), the inventory \(last seen 2026-04-18 02:00 UTC\) and Pod acme\/web \(by its platform sha256:\w{12}, started 2026-04-16 02:00 UTC\), the tag named sha256:\w{12}\.$/,
	);
	expect(sayAgreed(top, [])).toBe('');
});
