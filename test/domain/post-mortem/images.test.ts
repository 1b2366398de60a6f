import {expect, test} from 'vitest';
import type {Incident} from '../../../src/domain/incident/incident.ts';
import {damagedIn} from '../../../src/domain/post-mortem/images.ts';
import {renderMarkdown} from '../../../src/domain/post-mortem/markdown.ts';
import {postMortemOf} from '../../../src/domain/post-mortem/post-mortem.ts';
import {toldToProof} from '../../support/told-incident.ts';

const damaged = {
	id: 'app@0a1b2c3d4e5f',
	repository: 'app',
	digest: `sha256:${'a'.repeat(64)}`,
	tags: ['latest'],
	platforms: {whole: [], lost: []},
	findings: ['child-swept'],
};

/** An incident that found one image damaged, and whose last check said this of it. */
function reportOf(last: object) {
	const visits = [
		{outcome: 'damaged', output: {kind: 'scope', images: [damaged], byRestart: []}},
		{outcome: 'left', output: {kind: 'check-all', images: [{id: damaged.id, title: 'app:latest', ...last}]}},
	];
	const images = damagedIn({visits} as unknown as Incident);
	return {images, text: renderMarkdown({...postMortemOf(toldToProof().events), damaged: images})};
}

test.each(['removed', 'unknown'])(
	'an image that was left and whose tags somebody deleted is told as such: %s',
	verdict => {
		const say = 'Its tag latest is gone: somebody deleted or moved it; nothing was done.';
		const {images, text} = reportOf({verdict, say});

		expect(images).toMatchObject([{verdict, ways: [], say}]);
		expect(text).toContain(`| left | ${verdict}. ${say} |`);
	},
);

test('a repaired image is told with the tag that somebody deleted', () => {
	const comparedToOriginal = {
		same: false,
		platforms: {lost: [], new: []},
		mediaType: true,
		tags: {lost: ['2026-04'], moved: []},
	};
	const {images, text} = reportOf({verdict: 'intact', remedy: 'relink', comparedToOriginal, say: 'relink, done.'});

	expect(images[0]).not.toHaveProperty('say');
	expect(text).toContain('intact. 2026-04 named the same image before, and does not name this one.');
});

test('of an image that was left and is still damaged, the damage is told once', () => {
	const {images, text} = reportOf({verdict: 'broken', say: 'Left: child-swept.'});

	expect(images[0]).not.toHaveProperty('say');
	expect(text).toContain('| left | broken |');
});
