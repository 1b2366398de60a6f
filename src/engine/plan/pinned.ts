import {damagedByChecks} from '../../domain/damage/damage-of-checks.ts';
import {type DamagedImage, imageId} from '../../domain/damage/damaged-image.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {MeantPlatforms} from '../../domain/image/meant-platforms.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import {isImageOf} from '../../domain/plan/need.ts';
import {damagesImage, type Finding, type Scan} from '../../domain/storage/findings/finding.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import {createWalker} from '../verify/walk-image.ts';

type Found = {
	images: DamagedImage[];
	findings: Finding[];
	gaps: string[];
	disk?: {scan: Scan};
};

type PinnedOptions = Waiting & {registry: Registry; platforms: MeantPlatforms};

/** Adds the digests that workloads are pinned to and that cannot be pulled: they are damage also without a tag. Only reads. */
export async function withPinned<Scope extends Found>(
	scope: Scope,
	pinned: readonly (ImageReference & {digest: NonNullable<ImageReference['digest']>})[],
	{registry, platforms, signal}: PinnedOptions,
): Promise<Scope> {
	const unseen = pinned.filter(reference => !scope.images.some(image => isImageOf(image, reference)));
	const walker = createWalker(registry, {depth: 'edge', platforms, signal});
	const found = await Promise.all(unseen.map(look));
	const images = found.flatMap(each => each.images);
	const leftovers = scope.disk?.scan.leftovers?.findings ?? [];
	const isOfThem = (finding: (typeof leftovers)[number]) =>
		images.some(
			({repository, digest}) =>
				finding.repository === repository && digest !== undefined && damagesImage(finding, {repository, digest}),
		);
	return {
		...scope,
		images: [...scope.images, ...images],
		findings: [...scope.findings, ...leftovers.filter(isOfThem)],
		gaps: [...scope.gaps, ...found.flatMap(each => each.gaps)],
	};

	async function look(reference: (typeof pinned)[number]): Promise<Pick<Found, 'images' | 'gaps'>> {
		try {
			const check = await walker.walk(reference);
			const gaps = check.verdict === 'unknown' ? check.unchecked.map(({message}) => message) : [];
			return {images: damagedByChecks([check]), gaps: gaps.map(gap => `${formatReference(reference)}: ${gap}`)};
		} catch (error) {
			signal.throwIfAborted();
			const {code, message} = asOperatorError(error);
			const {repository, digest} = reference;
			return code === 'image.absent'
				? {
						// Nothing of it is known but its digest.
						images: [
							{
								id: imageId({repository, digest, tags: []}),
								repository,
								digest,
								tags: [],
								platforms: {whole: [], lost: []},
								findings: ['child-missing'],
							},
						],
						gaps: [],
					}
				: {images: [], gaps: [`${formatReference(reference)}: ${message}`]};
		}
	}
}
