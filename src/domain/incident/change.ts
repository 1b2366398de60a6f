import {commandOf} from '../hold/say-hold.ts';
import type {Suspension} from '../hold/suspension.ts';
import type {Digest} from '../image/digest.ts';
import {shortCommit} from '../pipeline/pipeline.ts';
import {type RelinkStep, sayOrigin} from '../remedy/relink-steps.ts';
import {type Removal, sayRemoval} from '../remedy/removal.ts';
import {byteSize, count} from '../text/wording.ts';
import {
	type BuildAndPush,
	type RunBuildCommand,
	type StartPipeline,
	sayBuild,
	sayBuildDangers,
	sayCaveats,
	sayRun,
	sayStart,
	takesAway,
} from './build-change.ts';
import {
	type Bypass,
	type ForgetCached,
	type MoveAside,
	type PutBack,
	type Refetch,
	sayForget,
	sayLimit,
	sayMoveAside,
	sayPutBack,
	sayRefetch,
} from './data-change.ts';

/** One change that a gate shows and a person approves. `sentence`: from a journal of version 0.1. */
export type Change =
	| RelinkStep
	| PointTag
	| MoveAside
	| PutBack
	| ForgetCached
	| Removal
	| Refetch
	| Bypass
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
	/** `writes`: the tags that its build is declared to push; null: nobody declared any. */
	| RunBuildCommand
	| {kind: 'follow-build'}
	/** `starts`: what is not started then. */
	| {kind: 'suspend'; starts: string; suspend: Suspension}
	| {kind: 'sentence'; text: string};

/** `image`: the reference that names `to`. `from`: what the tag names now, where it names something. */
type PointTag = {kind: 'point-tag'; repository: string; tag: string; image: string; from?: Digest; to: Digest};

/** What takes away something that can be pulled now, an intact tag or a whole platform, or data that is there. Its gate wants a typed phrase. */
export function isDestructive(change: Change): boolean {
	// A tag that names something is pointed elsewhere.
	const moves = change.kind === 'point-tag' && change.from !== undefined && change.from !== change.to;
	return (
		moves ||
		change.kind === 'move-aside' ||
		change.kind === 'remove-image' ||
		change.kind === 'remove-tag' ||
		((change.kind === 'start-pipeline' || change.kind === 'build-and-push' || change.kind === 'run-build-command') &&
			takesAway(change))
	);
}

/** What a person must not overlook, of the same words as in `sayChange`. */
export function sayDangers(change: Change): string[] {
	return change.kind === 'start-pipeline' || change.kind === 'build-and-push' || change.kind === 'run-build-command'
		? sayBuildDangers(change)
		: [];
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
				`PUT /v2/${change.repository}/blobs/uploads/…?digest=${change.digest}, an upload of ${byteSize(change.size)} ${change.sources === undefined ? 'read from the disk' : `from ${sayOrigin(change)}`}`,
			];
		case 'put-manifest':
			return [`PUT /v2/${change.repository}/manifests/${change.digest}: the exact bytes from ${sayOrigin(change)}`];
		case 'restore-tag':
			return [
				`PUT /v2/${change.repository}/manifests/${change.tag}: the exact bytes of ${change.digest} from ${sayOrigin(change)}`,
			];
		case 'point-tag':
			return [`points the tag at ${change.to} (${change.image}) instead of ${change.from ?? 'its current digest'}`];
		case 'move-aside':
			return [sayMoveAside(change)];
		case 'put-back':
			return [sayPutBack(change)];
		case 'refetch':
			return [sayRefetch(change), ...sayLimit(change)];
		case 'bypass':
			return ['changes nothing; by hand, on the hosts that pull:', ...change.lines];
		case 'forget-cached':
			return [sayForget(change)];
		case 'remove-image':
		case 'remove-tag':
			return sayRemoval(change);
		case 'restart':
			return [
				`runs: ${change.command ?? '(no command is configured)'}`,
				'pulls and pushes fail until the registry is up again',
			];
		case 'start-pipeline':
			return [...sayStart(change), ...sayCancels(change.cancels), ...sayCaveats(change)];
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
			return sayBuild(change);
		case 'suspend':
			return [
				change.suspend.kind === 'command'
					? `runs: ${commandOf(change.suspend)}`
					: `by hand, before you answer: ${change.suspend.how}`,
				`does not start any more: ${change.starts}`,
			];
		case 'run-build-command':
			return sayRun(change);
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
