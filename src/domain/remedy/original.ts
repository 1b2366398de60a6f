import type {DamagedImage} from '../damage/damaged-image.ts';
import {defined} from '../defined.ts';
import {type Digest, shortHex} from '../image/digest.ts';
import {isIndexType} from '../image/media-type.ts';
import {formatReference} from '../image/reference.ts';
import type {ImageCheck} from '../image/verdict.ts';
import {type FinishedVisit, type Incident, isFinished, type Visit} from '../incident/incident.ts';
import type {Original} from './compare-to-original.ts';

/**
 * What the image of an incident was before the first change: by the first check that resolved it, and by the scan of the disk, which
 * knows its other tags. Undefined: no check has seen it.
 */
export function originalOf({visits, image}: Incident): Original | undefined {
	const firstChange = visits.findIndex(isChange);
	const before = visits.slice(0, firstChange === -1 ? visits.length : firstChange).filter(isFinished);
	const reference = formatReference(image);
	const checks = before.flatMap(visit => checkIn(visit) ?? []).filter(({check}) => check.reference === reference);
	const first = checks.find(({check}) => check.digest !== undefined) ?? checks[0];
	if (first === undefined) {
		return undefined;
	}

	const damaged = before
		.flatMap(({output}) => (output.kind === 'scan' && output.damaged ? [output.damaged] : []))
		.at(-1);
	// Only of an index the scan tells platforms.
	const onDisk = damaged === undefined ? [] : [...damaged.platforms.whole, ...damaged.platforms.lost];
	const {mediaType, digest} = first.check;
	return {
		...defined({
			digest: digest ?? damaged?.digest,
			isIndex: mediaType !== undefined ? isIndexType(mediaType) : onDisk.length > 0 ? true : undefined,
			platforms: first.platforms ?? (onDisk.length > 0 ? onDisk : undefined),
		}),
		tags: [...new Set([...(image.tag === undefined ? [] : [image.tag]), ...(damaged?.tags ?? [])])],
	};
}

/** What an image of a plan was, by what was found when it was found damaged. Only of an index the platforms are known. */
export function originalOfDamaged({digest, tags, platforms: {whole, lost}}: DamagedImage): Original {
	const platforms = [...whole, ...lost];
	return {...defined({digest}), ...(platforms.length > 0 && {isIndex: true, platforms}), tags};
}

/** Also one that a person made by hand. */
function isChange({effect, sparesImage, tries, ended, outcome, asked}: Visit): boolean {
	return (
		(effect !== 'read' && !sparesImage && (tries > 0 || ended === 'by-hand')) ||
		(asked?.kind === 'by-hand' && outcome === 'done')
	);
}

/**
 * The digests of images of which a check found what none at edge shows: bytes that do not match, and no later one read them all and
 * found them right; or layers that do not unpack, which the same bytes never will.
 */
export function corruptDigests({visits}: Incident): Set<Digest> {
	const corrupt = new Set<Digest>();
	const never = new Set<Digest>();
	for (const visit of visits.filter(isFinished)) {
		const {output} = visit;
		for (const {digest, findings} of output.kind === 'scope' ? output.images : []) {
			if (digest !== undefined && findings.includes('blob-corrupt')) {
				corrupt.add(digest);
			}
		}

		// The ids of images end in the beginning of their digests.
		for (const {id} of output.kind === 'check-all' ? output.images.filter(each => each.verdict === 'intact') : []) {
			for (const digest of corrupt) {
				if (id.endsWith(`@${shortHex(digest)}`)) {
					corrupt.delete(digest);
				}
			}
		}

		const {digest, faults = [], verdict} = checkIn(visit)?.check ?? {};
		if (digest === undefined) {
			continue;
		}

		if (faults.some(({kind}) => kind === 'layer-unreadable' || kind === 'diffid-mismatch')) {
			never.add(digest);
		}

		if (faults.some(({kind}) => kind === 'blob-corrupt')) {
			corrupt.add(digest);
		} else if (verdict === 'intact' && (visit.with.depth === 'content' || visit.with.depth === 'unpack')) {
			corrupt.delete(digest);
		}
	}

	return new Set([...corrupt, ...never]);
}

function checkIn({output, ended}: FinishedVisit): {check: ImageCheck; platforms?: string[]} | undefined {
	return output.kind === 'check' && ended === 'ran' ? output : undefined;
}
