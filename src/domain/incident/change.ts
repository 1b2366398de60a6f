import * as v from 'valibot';
import type {Digest} from '../image/digest.ts';
import type {RelinkStep} from '../remedy/relink-steps.ts';
import {byteSize, count} from '../text/wording.ts';
import {digest} from './schemas.ts';

/** One change that a gate shows and a person approves. `sentence`: from a journal of version 0.1. */
export type Change =
	| RelinkStep
	| PointTag
	| {kind: 'restart'; command?: string}
	/** `cancels`: the pipelines that the server cancels because of it. */
	| {kind: 'start-pipeline'; repository: string; branch: string; image: string; cancels?: string[]}
	| {kind: 'follow-pipeline'; number: number; startedBy?: string}
	/** Of version 0.1. */
	| {kind: 'restart-pipelines'; repository: string; numbers: number[]}
	/** `event`: what it was, with the target of a deployment. */
	| {kind: 'restart-pipeline'; repository: string; number: number; event: string; cancels?: string[]}
	/** Why it is not restarted although it was ticked. */
	| {kind: 'leave-pipeline'; repository: string; number: number; why: string}
	| {kind: 'cancel-pipeline'; repository: string; number: number; event: string}
	| {kind: 'approve-pipeline'; repository: string; number: number; event: string}
	| {kind: 'build-and-push'; git: string; context: string; dockerfile: string; images: string[]}
	| {kind: 'follow-build'}
	| {kind: 'sentence'; text: string};

/** `image`: the reference that names `to`. `from`: what the tag names now, where it names something. */
type PointTag = {kind: 'point-tag'; repository: string; tag: string; image: string; from?: Digest; to: Digest};

/** The change as a person reads it before it is approved: on the screen, in plain text, in the journal and in the report. */
export function sayChange(change: Change): string[] {
	switch (change.kind) {
		case 'mount-blob':
			return [
				`POST /v2/${change.repository}/blobs/uploads/?mount=${change.digest}&from=${change.from}, or, if the registry does not mount it, an upload of ${byteSize(change.size)} read from the disk`,
			];
		case 'upload-blob':
			return [
				`PUT /v2/${change.repository}/blobs/uploads/…?digest=${change.digest}, an upload of ${byteSize(change.size)} read from the disk`,
			];
		case 'put-manifest':
			return [`PUT /v2/${change.repository}/manifests/${change.digest}: the exact bytes from the disk`];
		case 'restore-tag':
			return [
				`PUT /v2/${change.repository}/manifests/${change.tag}: the exact bytes of ${change.digest} from the disk`,
			];
		case 'point-tag':
			return [`points the tag at ${change.to} (${change.image}) instead of ${change.from ?? 'its current digest'}`];
		case 'restart':
			return [
				`runs: ${change.command ?? '(no command is configured)'}`,
				'pulls and pushes fail until the registry is up again',
			];
		case 'start-pipeline':
			return ['starts one manual pipeline', `which builds and pushes ${change.image}`, ...sayCancels(change.cancels)];
		case 'follow-pipeline':
			return [
				`follows pipeline ${change.number}, which ${change.startedBy === undefined ? 'is under way' : `was started by ${change.startedBy}`}; starts nothing`,
			];
		case 'restart-pipelines':
			return [
				change.numbers.length === 0
					? 'restarts nothing: no pipeline was ticked'
					: `restarts ${count(change.numbers.length, 'pipeline')}: ${change.numbers.join(', ')}`,
			];
		case 'restart-pipeline':
			return [
				`restarts pipeline ${change.number} of ${change.repository}: ${change.event}`,
				...sayCancels(change.cancels),
			];
		case 'leave-pipeline':
			return [`does not restart pipeline ${change.number} of ${change.repository}: ${change.why}`];
		case 'cancel-pipeline':
			return [`cancels pipeline ${change.number} of ${change.repository}: ${change.event}`];
		case 'approve-pipeline':
			return [`approves pipeline ${change.number} of ${change.repository}: ${change.event}`];
		case 'build-and-push':
			return [
				`clones ${change.git}`,
				`builds ${change.context} with ${change.dockerfile}`,
				...change.images.map(name => `pushes ${name}`),
			];
		case 'follow-build':
			return ['follows the build that is under way; starts nothing'];
		case 'sentence':
			return [change.text];
	}
}

/** The setting of the repository says so; nobody is asked. */
function sayCancels(cancels: string[] = []): string[] {
	return cancels.map(each => `by which the CI cancels pipeline ${each}`);
}

const text = v.string();
const number = v.pipe(v.number(), v.integer());
const blob = {repository: text, digest, role: v.picklist(['config', 'layer']), size: number};

const schema: v.GenericSchema<unknown, Change> = v.variant('kind', [
	v.object({kind: v.literal('mount-blob'), ...blob, from: text}),
	v.object({kind: v.literal('upload-blob'), ...blob}),
	v.object({kind: v.literal('put-manifest'), repository: text, digest}),
	v.object({kind: v.literal('restore-tag'), repository: text, digest, tag: text}),
	v.object({
		kind: v.literal('point-tag'),
		repository: text,
		tag: text,
		image: text,
		from: v.exactOptional(digest),
		to: digest,
	}),
	v.object({kind: v.literal('restart'), command: v.exactOptional(text)}),
	v.object({
		kind: v.literal('start-pipeline'),
		repository: text,
		branch: text,
		image: text,
		cancels: v.exactOptional(v.array(text)),
	}),
	v.object({kind: v.literal('follow-pipeline'), number, startedBy: v.exactOptional(text)}),
	v.object({
		kind: v.literal('restart-pipeline'),
		repository: text,
		number,
		event: text,
		cancels: v.exactOptional(v.array(text)),
	}),
	v.object({kind: v.literal('leave-pipeline'), repository: text, number, why: text}),
	v.object({kind: v.literal('cancel-pipeline'), repository: text, number, event: text}),
	v.object({kind: v.literal('approve-pipeline'), repository: text, number, event: text}),
	v.object({kind: v.literal('restart-pipelines'), repository: text, numbers: v.array(number)}),
	v.object({kind: v.literal('build-and-push'), git: text, context: text, dockerfile: text, images: v.array(text)}),
	v.object({kind: v.literal('follow-build')}),
	v.object({kind: v.literal('sentence'), text}),
]);

/**
 * Reads the changes that a gate was opened for. A journal of version 0.1 holds only sentences; they are also used where this
 * version cannot read the changes.
 */
export function parseChanges(sentences: readonly string[], plan: unknown): Change[] {
	const parsed = v.safeParse(v.array(schema), plan);
	return parsed.success ? parsed.output : sentences.map(sentence => ({kind: 'sentence', text: sentence}));
}
