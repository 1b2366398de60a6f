import type {Digest} from '../image/digest.ts';
import {shortCommit} from '../pipeline/pipeline.ts';
import type {RelinkStep} from '../remedy/relink-steps.ts';
import {byteSize, count} from '../text/wording.ts';
import {type PlatformLoss, sayLeft, sayLoss, sayWrite, type TagWrite} from './tag-write.ts';

/** One change that a gate shows and a person approves. `sentence`: from a journal of version 0.1. */
export type Change =
	| RelinkStep
	| PointTag
	| {kind: 'restart'; command?: string}
	| StartPipeline
	/** `newerCommit`: a push to its branch since, of another commit. */
	| {kind: 'follow-pipeline'; number: number; startedBy?: string; commit?: string; newerCommit?: string}
	/** Of version 0.1. */
	| {kind: 'restart-pipelines'; repository: string; numbers: number[]}
	/** `event`: what it was, with the target of a deployment. */
	| {kind: 'restart-pipeline'; repository: string; number: number; event: string; cancels?: string[]}
	/** Why it is not restarted although it was ticked. */
	| {kind: 'leave-pipeline'; repository: string; number: number; why: string}
	| {kind: 'cancel-pipeline'; repository: string; number: number; event: string}
	| {kind: 'approve-pipeline'; repository: string; number: number; event: string}
	| BuildAndPush
	| {kind: 'follow-build'}
	| {kind: 'sentence'; text: string};

/** `image`: the reference that names `to`. `from`: what the tag names now, where it names something. */
type PointTag = {kind: 'point-tag'; repository: string; tag: string; image: string; from?: Digest; to: Digest};

/**
 * `image`: what the pipeline is started for. `writes`: the tags that it is declared to push; null: nobody declared any; absent:
 * version 0.1, which claimed the image itself. `after`: the number of the newest pipeline when this was planned. `cancels`: the
 * pipelines that the server cancels because of it. `again`: an order before it was not seen to arrive. `unguarded`: no store is
 * locked meanwhile.
 */
type StartPipeline = {
	kind: 'start-pipeline';
	repository: string;
	branch: string;
	image: string;
	writes?: TagWrite[] | null;
	after?: number;
	cancels?: string[];
	again?: boolean;
	unguarded?: boolean;
};

/**
 * `images`: the references that are pushed. Version 0.1 told no more. `writes`: the same as tags, in the same order. `leaves`: tags
 * that the configuration names and that are not pushed.
 */
type BuildAndPush = {
	kind: 'build-and-push';
	git: string;
	context: string;
	dockerfile: string;
	images: string[];
	writes?: TagWrite[];
	leaves?: TagWrite[];
	platforms?: PlatformLoss;
};

/** What takes away something that can be pulled now: an intact tag, or a whole platform. Its gate wants a typed phrase. */
export function isDestructive(change: Change): boolean {
	switch (change.kind) {
		case 'start-pipeline':
			return (change.writes ?? []).some(({verdict}) => verdict === 'intact');
		case 'build-and-push':
			return [...(change.writes ?? []), ...(change.platforms?.loses ?? [])].some(({verdict}) => verdict === 'intact');
		default:
			return false;
	}
}

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
			return [
				change.again ? 'starts a second manual pipeline' : 'starts one manual pipeline',
				...sayPushes(change),
				...sayCancels(change.cancels),
				...(change.again
					? ['an order before it was not seen to arrive: it is looked for once more, and followed if it has come']
					: []),
				...(change.unguarded
					? ['no storage is configured to lock: nothing keeps a second person from the same order']
					: []),
			];
		case 'follow-pipeline':
			return sayFollow(change);
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
				...change.images.map((name, at) => {
					const write = change.writes?.[at];
					return write === undefined ? `pushes ${name}` : sayWrite(name, write);
				}),
				...(change.leaves ?? []).map(left => sayLeft(ofRepository(change.images[0] ?? '', left.tag), left)),
				...(change.platforms === undefined ? [] : sayLoss(change.platforms)),
			];
		case 'follow-build':
			return ['follows the build that is under way; starts nothing'];
		case 'sentence':
			return [change.text];
	}
}

function sayFollow({number, startedBy, commit, newerCommit}: Extract<Change, {kind: 'follow-pipeline'}>): string[] {
	return [
		`follows pipeline ${number}, which ${startedBy === undefined ? 'is under way' : `was started by ${startedBy}`}; starts nothing`,
		...(commit === undefined || newerCommit === undefined
			? []
			: [`it builds commit ${shortCommit(commit)}; a push to its branch since has ${shortCommit(newerCommit)}`]),
	];
}

/** The setting of the repository says so; nobody is asked. */
function sayCancels(cancels: string[] = []): string[] {
	return cancels.map(each => `by which the CI cancels pipeline ${each}`);
}

/** Nothing is claimed that nobody declared. */
function sayPushes({image, writes}: StartPipeline): string[] {
	if (writes === undefined) {
		return [`which builds and pushes ${image}`];
	}

	if (writes === null) {
		return ['it is not known which tags it pushes: images.….build.pushes does not say'];
	}

	const pushes = writes.map(write => sayWrite(ofRepository(image, write.tag), write));
	const isPushed = image.includes('@') || writes.some(({tag}) => ofRepository(image, tag) === image);
	return [...pushes, ...(isPushed ? [] : [`does not push ${image}`])];
}

/** Another tag of the same repository. */
function ofRepository(reference: string, tag: string): string {
	return `${reference.replace(/@.*$/, '').replace(/:[^/:]*$/, '')}:${tag}`;
}
