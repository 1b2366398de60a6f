import {asOperatorError} from '../../domain/errors.ts';
import type {FaultKind} from '../../domain/image/fault.ts';
import {formatReference, type ImageReference, isTag} from '../../domain/image/reference.ts';
import type {Verdict} from '../../domain/image/verdict.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {Finding} from '../../domain/storage/findings/finding.ts';
import {count} from '../../domain/text/wording.ts';
import {createWalker, type Walker} from '../verify/walk-image.ts';
import type {ActionContext, ActionNamed} from './action.ts';

/** As many of the tags that shared the damage are checked over HTTP: more would keep the person waiting. */
const mostChecked = 50;
const untagged = '(untagged)';

/**
 * Turns what the scan found besides this image into follow-ups. Nothing is deleted: each is a decision of its own.
 * A tag that shared the damage may be intact again with this image (a relink), or not (a rebuild pushes only its own
 * tags): it is checked over HTTP.
 */
export const followUpOrphans: ActionNamed<'follow-up.orphans'> = {
	name: 'follow-up.orphans',
	parse: inputParser('follow-up.orphans'),
	effect: 'read',
	inputs: {
		image: {required: true, about: 'the image reference'},
		findings: {required: true, about: 'the findings on other images; null where nothing was scanned'},
		own: {required: false, about: 'the findings on this image, which other tags may share'},
		complete: {required: false, about: 'whether the scan read the whole tree'},
	},
	outcomes: {
		some: 'other images are damaged too',
		none: 'no other image is damaged',
		unknown: 'not known: the storage was not scanned, or not completely',
	},
	provides: {followUps: 'one line for each image'},
	success: [],

	async run({image, findings, own, complete}, context) {
		if (!findings) {
			return {
				outcome: 'unknown',
				output: {followUps: ['Scan the storage: it is not known which other images are damaged.']},
				say: 'The storage was not scanned.',
			};
		}

		const followUps = [
			...(await sharing(image, damagedImages(image.host, own ?? []), context)),
			...damagedImages(image.host, findings).map(damaged => followUp(damaged)),
			...unnamed(image.host, findings),
		];
		if (complete === false) {
			const found =
				followUps.length === 0
					? 'No other damaged image was found in what was read'
					: `${count(followUps.length, 'other damaged image was', 'other damaged images were')} found in what was read`;
			return {
				outcome: 'unknown',
				output: {
					followUps: [
						...followUps,
						'Scan the whole storage: the scan was incomplete, and other images may be damaged.',
					],
				},
				say: `${found}. The scan was incomplete: others may be damaged.`,
			};
		}

		return {
			outcome: followUps.length === 0 ? 'none' : 'some',
			output: {followUps},
			say:
				followUps.length === 0
					? 'No other image is damaged.'
					: `${count(followUps.length, 'other image is', 'other images are')} damaged and will fail to pull.`,
		};
	},
};

/** `reference`: absent where no tag names what is damaged. */
type DamagedImage = {name: string; reference?: ImageReference; kinds: Set<FaultKind>};

function damagedImages(host: string, findings: readonly Finding[]): DamagedImage[] {
	const images = new Map<string, DamagedImage>();
	for (const {repository, tags, kind} of findings.filter(each => each.repository !== '')) {
		for (const tag of tags.length > 0 ? tags : [untagged]) {
			const name = `${host}/${repository}:${tag}`;
			const known = images.get(name) ?? {
				name,
				// A folder on the disk may be called anything.
				...(isTag(tag) ? {reference: {host, repository, tag}} : {}),
				kinds: new Set<FaultKind>(),
			};
			images.set(name, known);
			known.kinds.add(kind);
		}
	}

	return [...images.values()];
}

/** What no repository has, and nothing names. */
function unnamed(host: string, findings: readonly Finding[]): string[] {
	const images = findings.filter(({repository}) => repository === '').length;
	return images === 0
		? []
		: [
				`${host}: ${count(images, 'image is', 'images are')} on the disk and in no repository. Find out what they were called before the next garbage collection deletes them: \`regmedic scan\` lists them.`,
			];
}

function followUp({name, kinds}: DamagedImage, more = ''): string {
	return `${name}: ${[...kinds].join(', ')}${more}. Respond to it, or remove it on purpose.`;
}

/** Of the tags that shared the damage of this image, those that are not known to be intact again. */
async function sharing(
	image: ImageReference,
	damaged: readonly DamagedImage[],
	{signal, progress, ports, settings}: ActionContext,
): Promise<string[]> {
	const others = damaged.flatMap(({reference, ...rest}) =>
		reference && rest.name !== formatReference(image) ? [{reference, ...rest}] : [],
	);
	if (others.length === 0) {
		return [];
	}

	const registry = ports.registry.fresh();
	const walker = createWalker(registry, {depth: 'edge', signal, platforms: settings.platforms});
	const left: string[] = [];
	let isResponding = true;
	try {
		for (const [at, other] of others.entries()) {
			progress({label: 'tags that shared the damage checked', done: at, total: others.length});
			const verdict: Verdict | 'silent' =
				at < mostChecked && isResponding ? await check(other.reference, walker, signal) : 'unknown';
			isResponding &&= verdict !== 'silent';
			if (verdict !== 'intact') {
				left.push(followUp(other, verdict === 'broken' ? '' : ' when the storage was scanned; not known now'));
			}
		}
	} finally {
		await registry.close();
	}

	return left;
}

/** `silent`: the registry does not respond, and will not for the next one. */
async function check(reference: ImageReference, walker: Walker, signal: AbortSignal): Promise<Verdict | 'silent'> {
	try {
		return (await walker.walk(reference)).verdict;
	} catch (error) {
		signal.throwIfAborted();
		return asOperatorError(error).code === 'image.absent' ? 'broken' : 'silent';
	}
}
