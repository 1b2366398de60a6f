import {expect, test} from 'vitest';
import type {DamagedImage} from '../../../src/domain/damage/damaged-image.ts';
import {parseReference} from '../../../src/domain/image/reference.ts';
import type {Change} from '../../../src/domain/incident/change.ts';
import {registryRepoint} from '../../../src/engine/actions/registry-repoint.ts';
import {contextWith, type FakeRegistry, fakeRegistry, host, image, smallManifest} from '../../support/fake-ports.ts';

const [before, sibling, pushed] = [smallManifest('before'), smallManifest('sibling'), smallManifest('pushed')];
const damaged: DamagedImage = {
	id: 'infra-ci@a',
	repository: 'infra-ci',
	digest: before.digest,
	tags: ['latest'],
	platforms: {whole: [], lost: []},
	findings: ['child-swept'],
};
const approved: Change[] = [
	{
		kind: 'point-tag',
		repository: 'infra-ci',
		tag: 'latest',
		image: `${host}/infra-ci:v1`,
		from: before.digest,
		to: sibling.digest,
	},
];

/** What the tag names now; broken: its config is not served. */
function ask(now: typeof before, {isBroken = true} = {}): {registry: FakeRegistry; asked: Promise<unknown>} {
	const registry = fakeRegistry({latest: now, [now.digest]: now, v1: sibling, [sibling.digest]: sibling});
	if (isBroken) {
		registry.blob = async () => ({state: 'missing', status: 404, detail: 'blob unknown'});
	}

	const inputs = {image: parseReference(image), to: parseReference(`${host}/infra-ci:v1`), tags: ['latest'], damaged};
	return {registry, asked: registryRepoint.precondition!(inputs, contextWith({registry}, {approved}))};
}

test('a tag that still names the damaged image may be re-pointed', async () => {
	expect(await ask(before).asked).toEqual({kind: 'holds'});
});

test('a tag that somebody has pushed since the approval is left alone, and the reason names both digests', async () => {
	const {registry, asked} = ask(pushed, {isBroken: false});

	expect(await asked).toEqual({
		kind: 'changed',
		say: `latest has moved since you approved it: it named ${before.digest.slice(0, 19)}, and names ${pushed.digest.slice(0, 19)} now.`,
	});
	expect(registry.puts).toEqual([]);
});

test('a tag whose image a colleague has made whole meanwhile is left alone', async () => {
	const {registry, asked} = ask(before, {isBroken: false});

	expect(await asked).toMatchObject({kind: 'already-whole'});
	expect(registry.puts).toEqual([]);
});
