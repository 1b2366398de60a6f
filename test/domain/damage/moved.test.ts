import {describe, expect, it} from 'vitest';
import {concerns, isOnlyMoved} from '../../../src/domain/damage/moved.ts';

const pushed = {repository: 'app', tags: ['v1'], gap: 'app:v1 was pushed while the store was read'};

describe('another look may complete a scan', () => {
	it('where all that it lacks is what changed while it was read', () => {
		expect(isOnlyMoved({complete: false, gaps: [pushed.gap], moved: [pushed]})).toBe(true);
	});

	it.each([
		['it is complete', {complete: true, gaps: []}],
		['something could not be read as well', {complete: false, gaps: ['blobs/ is closed', pushed.gap], moved: [pushed]}],
		['it was cut off, and no line says why', {complete: false, gaps: [], moved: []}],
	])('and not where %s', (_name, scan) => {
		expect(isOnlyMoved(scan)).toBe(false);
	});
});

it('a change concerns the images of its tags; all of its repository where no tag tells', () => {
	const image = {repository: 'app', tags: ['v1', 'latest']};

	expect(concerns(pushed, image)).toBe(true);
	expect(concerns({...pushed, tags: []}, image)).toBe(true);
	expect(concerns(pushed, {...image, tags: []})).toBe(true);
	expect(concerns({...pushed, repository: ''}, image)).toBe(true);
	expect(concerns({...pushed, tags: ['v2']}, image)).toBe(false);
	expect(concerns({...pushed, repository: 'other'}, image)).toBe(false);
});
