import * as v from 'valibot';
import {defined} from '../defined.ts';
import {takesAway} from '../incident/build-change.ts';
import type {Change} from '../incident/change.ts';
import {sayMoveAside, sayPutBack, sayRefetch} from '../incident/data-change.ts';
import {digest} from '../incident/schemas.ts';
import {sayOrigin} from '../remedy/relink-steps.ts';
import {sayTags} from '../remedy/removal.ts';
import {byteSize} from '../text/wording.ts';

const text = v.string();
const number = v.pipe(v.number(), v.integer());
const blob = {repository: text, digest, size: number};
/** Those that the bytes come from; absent: from the disk. */
const sources = v.exactOptional(v.array(text));

/** One thing that changes, typed. It holds nothing to execute: commands come from the configuration of whoever applies it. */
export const planChange = v.variant('type', [
	v.object({type: v.literal('restart')}),
	/** `images`: all that use the data. */
	v.object({type: v.literal('move-aside'), digest, size: number, images: v.array(text)}),
	v.object({type: v.literal('put-back'), digest, size: number}),
	/** Of a pull-through cache. `pulls`: manifests, which count upstream. */
	v.object({type: v.literal('refetch'), repository: text, digests: v.array(digest), pulls: number}),
	v.object({type: v.literal('bypass'), cache: text}),
	/** Of a registry whose cache is in Redis. */
	v.object({type: v.literal('forget-cached'), digest, repositories: v.array(text)}),
	v.object({type: v.literal('mount-blob'), ...blob, from: text}),
	v.object({type: v.literal('upload-blob'), ...blob, sources}),
	v.object({type: v.literal('store-manifest'), repository: text, digest, sources}),
	/** `from` null: the tag names nothing now. */
	v.object({type: v.literal('point-tag'), repository: text, tag: text, from: v.nullable(digest), to: digest}),
	/** With every tag that names it. `attached`: tags of its signatures and referrers, which stay. */
	v.object({type: v.literal('remove-image'), repository: text, digest, tags: v.array(text), attached: v.array(text)}),
	/** A tag that leads to no manifest. */
	v.object({type: v.literal('remove-tag'), repository: text, tag: text, named: v.nullable(digest)}),
	v.object({type: v.literal('start-pipeline'), repository: text, branch: text, cancels: v.array(text)}),
	v.object({type: v.literal('follow-pipeline'), number, startedBy: v.nullable(text)}),
	/** The command is the applier's. `pushes` null: nobody declared any. `overwrites`: intact tags. */
	v.object({
		type: v.literal('run-build-command'),
		pushes: v.nullable(v.array(text)),
		overwrites: v.exactOptional(v.array(text)),
	}),
	/** `platforms`: absent: the host's. `bases`: what it starts from. `loses`: platforms that are lost and that nobody said may be, or that can be pulled. */
	v.object({
		type: v.literal('build-and-push'),
		git: text,
		context: text,
		dockerfile: text,
		images: v.array(text),
		platforms: v.exactOptional(v.array(text)),
		bases: v.exactOptional(v.array(text)),
		loses: v.exactOptional(v.array(text)),
	}),
]);

export type PlanChange = v.InferOutput<typeof planChange>;

/** The same change, as a gate shows it. Undefined: no item of a plan makes it. */
export function planChangeOf(change: Change): PlanChange | undefined {
	switch (change.kind) {
		case 'restart':
			return {type: 'restart'};
		case 'move-aside': {
			const {digest: of, size, images} = change;
			return {type: 'move-aside', digest: of, size, images};
		}

		case 'put-back':
			return {type: 'put-back', digest: change.digest, size: change.size};
		case 'refetch': {
			const {repository, digests, pulls} = change;
			return {type: 'refetch', repository, digests, pulls};
		}

		case 'bypass':
			return {type: 'bypass', cache: change.cache};
		case 'forget-cached':
			return {type: 'forget-cached', digest: change.digest, repositories: change.repositories};
		case 'mount-blob': {
			const {repository, digest: of, size, from} = change;
			return {type: 'mount-blob', repository, digest: of, size, from};
		}

		case 'upload-blob': {
			const {repository, digest: of, size, sources: from} = change;
			return {type: 'upload-blob', repository, digest: of, size, ...defined({sources: from})};
		}

		case 'put-manifest': {
			const {repository, digest: of, sources: from} = change;
			return {type: 'store-manifest', repository, digest: of, ...defined({sources: from})};
		}

		case 'restore-tag':
			return {type: 'point-tag', repository: change.repository, tag: change.tag, from: null, to: change.digest};
		case 'point-tag': {
			const {repository, tag, from = null, to} = change;
			return {type: 'point-tag', repository, tag, from, to};
		}

		case 'remove-image': {
			const {kind, ...image} = change;
			return {type: kind, ...image};
		}

		case 'remove-tag': {
			const {kind, named = null, ...tag} = change;
			return {type: kind, ...tag, named};
		}

		case 'start-pipeline': {
			const {repository, branch, cancels = []} = change;
			return {type: 'start-pipeline', repository, branch, cancels};
		}

		case 'follow-pipeline':
			return {type: 'follow-pipeline', number: change.number, startedBy: change.startedBy ?? null};
		case 'run-build-command': {
			const intact = (change.writes ?? []).filter(({verdict}) => verdict === 'intact').map(({tag}) => tag);
			return {
				type: 'run-build-command',
				pushes: change.writes?.map(({tag}) => tag) ?? null,
				...(intact.length > 0 && {overwrites: intact}),
			};
		}

		case 'build-and-push': {
			const {git, context, dockerfile, images, for: platforms, bases = []} = change;
			const loses = takesAway({...change, writes: []}) ? (change.platforms?.loses ?? []) : [];
			return {
				type: 'build-and-push',
				git,
				context,
				dockerfile,
				images,
				...defined({platforms}),
				...(bases.length > 0 && {bases: bases.map(({name}) => name)}),
				...(loses.length > 0 && {loses: loses.map(({platform}) => platform)}),
			};
		}

		default:
			return undefined;
	}
}

/** Whether it takes away what somebody may use: an image is removed, a tag pointed elsewhere, data moved, or a platform lost. */
export function isDestructive(change: PlanChange): boolean {
	const moves = change.type === 'point-tag' && change.from !== null && change.from !== change.to;
	const loses = change.type === 'build-and-push' && (change.loses ?? []).length > 0;
	const removes = change.type === 'remove-image' || change.type === 'remove-tag';
	const overwrites = change.type === 'run-build-command' && (change.overwrites ?? []).length > 0;
	return moves || loses || removes || overwrites || change.type === 'move-aside';
}

/** The change as a person reads it. */
export function sayPlanChange(change: PlanChange): string {
	switch (change.type) {
		case 'restart':
			return 'restarts the registry; pulls and pushes fail until it is up again';
		case 'move-aside':
			return sayMoveAside(change);
		case 'put-back':
			return sayPutBack(change);
		case 'refetch':
			return sayRefetch(change);
		case 'bypass':
			return `shows how hosts pull without ${change.cache}; changes nothing`;
		case 'forget-cached':
			return `has the registry forget ${change.digest}, whose keys are in Redis, in ${change.repositories.join(', ')}`;
		case 'mount-blob':
			return `mounts ${change.digest} from ${change.from}, or uploads ${byteSize(change.size)} from the disk`;
		case 'upload-blob':
			return `uploads ${change.digest} from ${sayOrigin(change)}, ${byteSize(change.size)}`;
		case 'store-manifest':
			return `stores ${change.digest} again: the exact bytes from ${sayOrigin(change)}`;
		case 'point-tag':
			return change.from === null
				? `points ${change.tag}, which names nothing, at ${change.to}`
				: `points ${change.tag} at ${change.to} instead of ${change.from}`;
		case 'remove-image': {
			const {digest: of, tags, attached} = change;
			return `deletes ${of}; ${sayTags(tags)}${attached.length === 0 ? '' : `; without it stay ${attached.join(', ')}`}`;
		}

		case 'remove-tag':
			return `deletes the tag ${change.tag}, which leads to no manifest`;
		case 'start-pipeline':
			return [
				`starts one manual pipeline of ${change.repository}, branch ${change.branch}`,
				...change.cancels.map(each => `by which the CI cancels pipeline ${each}`),
			].join('; ');
		case 'follow-pipeline':
			return `follows pipeline ${change.number}${change.startedBy === null ? '' : `, started by ${change.startedBy}`}; starts nothing`;
		case 'run-build-command': {
			const {pushes, overwrites = []} = change;
			const what = pushes === null ? 'which tags it pushes is not declared' : `which pushes ${pushes.join(', ')}`;
			return `runs the command that is configured for its build, ${what}${overwrites.length > 0 ? `, and overwrites ${overwrites.join(', ')}, intact now` : ''}`;
		}

		case 'build-and-push':
			return sayBuild(change);
	}
}

function sayBuild(change: Extract<PlanChange, {type: 'build-and-push'}>): string {
	const {git, context, dockerfile, images, platforms, bases = [], loses = []} = change;
	return [
		...(loses.length > 0 ? [`would lose ${loses.join(', ')}`] : []),
		`clones ${git}`,
		`builds ${context} with ${dockerfile}${platforms === undefined ? '' : ` for ${platforms.join(', ')}`}`,
		...(bases.length > 0 ? [`starts from ${bases.join(', ')}, pulled anew`] : []),
		`pushes ${images.join(', ')}`,
	].join(', ');
}
