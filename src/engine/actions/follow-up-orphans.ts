import {OperatorError} from '../../domain/errors.ts';
import {formatReference, parseReference} from '../../domain/image/reference.ts';
import type {Verdict} from '../../domain/image/verdict.ts';
import {isObject, type Json, toJson} from '../../domain/json.ts';
import type {Finding} from '../../domain/storage/findings/finding.ts';
import {count} from '../../domain/text/wording.ts';
import {createWalker, type Walker} from '../verify/walk-image.ts';
import type {Action, ActionContext} from './action.ts';

/** Asked for over HTTP, of the tags that shared the damage of this image. Beyond that nobody is kept waiting. */
const mostAsked = 50;
const untagged = '(untagged)';

/**
 * Turns what the scan found besides this image into follow-ups. Nothing is deleted: each is a decision of its own.
 * A tag that shared the damage may have come back with this image (a relink), or not (a rebuild pushes only its own
 * tags): the registry is asked.
 */
export const followUpOrphans: Action = {
	name: 'follow-up.orphans',
	effect: 'read',
	inputs: {
		image: {required: true, about: 'the image reference'},
		findings: {required: true, about: 'the findings on other images; null where nothing was scanned'},
		own: {required: false, about: 'the findings on this image, which other tags may share'},
	},
	outcomes: {
		some: 'other images are damaged too',
		none: 'no other image is damaged',
		unknown: 'nobody has looked: the storage was not scanned',
	},
	provides: {followUps: 'one line for each image'},
	success: [],

	async run({image, findings, own}, context) {
		if (!Array.isArray(findings)) {
			return {
				outcome: 'unknown',
				output: {followUps: ['Scan the storage: nobody knows which other images are damaged.']},
				say: 'The storage was not scanned.',
			};
		}

		const {host} = parseReference(String(image));
		const followUps = [
			...(await sharing(String(image), kindsByImage(host, own), context)),
			...[...kindsByImage(host, findings)].map(([name, kinds]) => followUp(name, kinds)),
		];
		return {
			outcome: followUps.length === 0 ? 'none' : 'some',
			output: {followUps: toJson(followUps)},
			say:
				followUps.length === 0
					? 'No other image is damaged.'
					: `${count(followUps.length, 'other image is', 'other images are')} damaged and will fail to pull.`,
		};
	},
};

type KindsByImage = Map<string, Set<string>>;

function kindsByImage(host: string, findings: Json | undefined): KindsByImage {
	const images: KindsByImage = new Map();
	for (const {repository, tags, kind} of (Array.isArray(findings) ? findings.filter(isObject) : []) as Finding[]) {
		for (const tag of tags.length > 0 ? tags : [untagged]) {
			const name = `${host}/${repository}:${tag}`;
			images.set(name, (images.get(name) ?? new Set()).add(kind));
		}
	}

	return images;
}

function followUp(name: string, kinds: ReadonlySet<string>, more = ''): string {
	return `${name}: ${[...kinds].join(', ')}${more}. Respond to it, or remove it on purpose.`;
}

/** Of the tags that shared the damage of this image, those that are not known to be whole again. */
async function sharing(image: string, kinds: KindsByImage, context: ActionContext): Promise<string[]> {
	const {signal, progress, ports} = context;
	const others = [...kinds].filter(
		([name]) => name !== formatReference(parseReference(image)) && !name.endsWith(untagged),
	);
	if (others.length === 0) {
		return [];
	}

	const registry = ports.registry.fresh();
	const walker = createWalker(registry, {depth: 'edge', signal});
	const left: string[] = [];
	let isAnswering = true;
	try {
		for (const [at, [name, found]] of others.entries()) {
			progress({label: 'tags that shared the damage asked for', done: at, total: others.length});
			const verdict: Verdict | 'silent' =
				at < mostAsked && isAnswering ? await askFor(name, walker, signal) : 'unknown';
			isAnswering = verdict !== 'silent';
			if (verdict !== 'intact') {
				left.push(followUp(name, found, verdict === 'broken' ? '' : ' when the storage was scanned; not known now'));
			}
		}
	} finally {
		await registry.close();
	}

	return left;
}

/** `silent`: whoever answers for the registry does not, and will not for the next one. */
async function askFor(name: string, walker: Walker, signal: AbortSignal): Promise<Verdict | 'silent'> {
	try {
		return (await walker.walk(parseReference(name), {})).verdict;
	} catch (error) {
		signal.throwIfAborted();
		if (error instanceof OperatorError) {
			return error.code === 'image.absent' ? 'broken' : 'silent';
		}

		throw error;
	}
}
