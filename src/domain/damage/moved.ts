import type {Moved, Scan} from '../storage/findings/finding.ts';
import type {DamagedImage} from './damaged-image.ts';

/** Whether nothing but a change while it was read keeps the scan from being complete: another look may be. */
export function isOnlyMoved({complete, gaps, moved = []}: Pick<Scan, 'complete' | 'gaps' | 'moved'>): boolean {
	const changes = new Set(moved.map(({gap}) => gap));
	return !complete && gaps.length > 0 && gaps.every(gap => changes.has(gap));
}

/** Whether it may be a part of the image that changed. */
export function concerns(
	{repository, tags}: Pick<Moved, 'repository' | 'tags'>,
	image: Pick<DamagedImage, 'repository' | 'tags'>,
): boolean {
	return (
		repository === '' ||
		(repository === image.repository &&
			(tags.length === 0 || image.tags.length === 0 || tags.some(tag => image.tags.includes(tag))))
	);
}
