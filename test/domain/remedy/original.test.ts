import {expect, test} from 'vitest';
import type {DamagedImage} from '../../../src/domain/damage/damaged-image.ts';
import {parseDigest} from '../../../src/domain/image/digest.ts';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import type {OutputValues} from '../../../src/domain/incident/outputs.ts';
import {toJsonObject} from '../../../src/domain/json.ts';
import {corruptDigests, originalOf} from '../../../src/domain/remedy/original.ts';
import {checkValues, scanValues} from '../../support/outputs.ts';
import {happen, steps, type Told, tellIncident} from '../../support/told-incident.ts';

const {begun, intended, chosen} = happen;
const [index, other] = ['a', 'b'].map(letter => parseDigest(`sha256:${letter.repeat(64)}`));
const page = `---
runbook: small
title: Mend
inputs:
  image: {type: image, prompt: Which image?}
start: check
decide: decide
---

## Check {#check}
\`\`\`yaml step
action: registry.verify
with: {image: '\${inputs.image}'}
outcomes: {intact: decide, broken: scan, unknown: scan, refused: decide}
\`\`\`

## Scan {#scan}
\`\`\`yaml step
action: storage.scan
outcomes: {found: decide, clean: decide}
\`\`\`

## Decide {#decide}
\`\`\`yaml step
choose: What now?
options: {hands: {title: By hand}}
outcomes: {hands: hands}
\`\`\`

## By hand {#hands}
\`\`\`yaml step
by-hand: [mend]
outcomes: {done: check, could-not: decide}
\`\`\`
`;

const scan = {step: 'scan', attempt: 1};

function checked(told: Told, values: Partial<OutputValues<'registry.verify'>>, attempt = 1, depth = 'edge'): Told {
	const stamp = {...steps.check, attempt};
	return told
		.tell(begun(stamp, 'read', {shows: 'verdict', with: {depth}}))
		.tell(intended(stamp))
		.tell({
			type: 'effect.finished',
			outcome: values.verdict ?? 'broken',
			output: toJsonObject(checkValues(values.verdict ?? 'broken', values)),
			say: 'So it is.',
			...stamp,
		});
}

function scanned(told: Told, damaged?: DamagedImage): Told {
	return told
		.tell(begun(scan, 'read', {shows: 'cause'}))
		.tell(intended(scan))
		.tell({
			type: 'effect.finished',
			outcome: 'found',
			output: toJsonObject(scanValues(damaged === undefined ? {} : {damaged})),
			say: 'So it is.',
			...scan,
		});
}

const damaged: DamagedImage = {
	id: 'infra-ci@aaaaaaaaaaaa',
	repository: 'infra-ci',
	digest: index!,
	tags: ['2026-04', 'latest'],
	platforms: {whole: ['linux/s390x'], lost: ['linux/amd64']},
	findings: ['child-swept'],
};

test('the original is what the first check resolved, with all tags that the disk knows', () => {
	const told = scanned(
		checked(tellIncident(page), {
			digest: index!,
			mediaType: mediaTypes.ociIndex,
			platforms: ['linux/amd64', 'linux/arm64'],
		}),
		damaged,
	);

	expect(originalOf(told.incident)).toEqual({
		digest: index,
		isIndex: true,
		platforms: ['linux/amd64', 'linux/arm64'],
		tags: ['latest', '2026-04'],
	});
});

test('where the registry serves nothing of the tag, the disk tells digest and platforms', () => {
	const told = scanned(checked(tellIncident(page), {digest: null}), damaged);

	expect(originalOf(told.incident)).toEqual({
		digest: index,
		isIndex: true,
		platforms: ['linux/s390x', 'linux/amd64'],
		tags: ['latest', '2026-04'],
	});
	expect(originalOf(scanned(checked(tellIncident(page), {digest: null})).incident)).toEqual({tags: ['latest']});
});

test('what a person has changed by hand is no original', () => {
	const told = scanned(checked(tellIncident(page), {digest: null}))
		.tell(begun(steps.decide, 'read', {with: {options: [{key: 'hands'}]}}))
		.tell(chosen('hands'))
		.tell(begun(steps.hands, 'read', {with: {commands: ['mend']}}))
		.tell({type: 'hand.reported', outcome: 'done', ...steps.hands});
	const after = checked(told, {digest: other!, verdict: 'intact', mediaType: mediaTypes.ociManifest}, 2);

	expect(originalOf(after.incident)).toEqual({tags: ['latest']});
});

test('bytes that were found corrupt stay so until all of them were read and found right', () => {
	const corrupt = checked(tellIncident(page), {
		digest: index!,
		faults: [{kind: 'blob-corrupt', digest: other!, via: [index!], detail: 'hash'}],
	});
	expect([...corruptDigests(corrupt.incident)]).toEqual([index]);

	const recheck = (depth: string) => {
		const told = scanned(
			checked(tellIncident(page), {
				digest: index!,
				faults: [{kind: 'blob-corrupt', digest: other!, via: [index!], detail: 'hash'}],
			}),
		)
			.tell(begun(steps.decide, 'read', {with: {options: [{key: 'hands'}]}}))
			.tell(chosen('hands'))
			.tell(begun(steps.hands, 'read', {with: {commands: ['mend']}}))
			.tell({type: 'hand.reported', outcome: 'done', ...steps.hands});
		return [...corruptDigests(checked(told, {digest: index!, verdict: 'intact'}, 2, depth).incident)];
	};

	expect(recheck('edge')).toEqual([index]);
	expect(recheck('content')).toEqual([]);
	expect(recheck('unpack')).toEqual([]);
});

test('a layer that does not unpack stays so, whatever a later check has read', () => {
	const broken = checked(tellIncident(page), {
		digest: index!,
		faults: [{kind: 'layer-unreadable', digest: other!, via: [index!], detail: 'its gzip data is damaged'}],
	});
	const told = scanned(broken)
		.tell(begun(steps.decide, 'read', {with: {options: [{key: 'hands'}]}}))
		.tell(chosen('hands'))
		.tell(begun(steps.hands, 'read', {with: {commands: ['mend']}}))
		.tell({type: 'hand.reported', outcome: 'done', ...steps.hands});

	expect([...corruptDigests(checked(told, {digest: index!, verdict: 'intact'}, 2, 'content').incident)]).toEqual([
		index,
	]);
});
