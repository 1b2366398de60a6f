import {expect, test} from 'vitest';
import {isRebuild, wasRebuilt} from '../../../src/domain/remedy/rebuilt.ts';
import {happen, smallPage, steps, tellIncident} from '../../support/told-incident.ts';

const {answered, begun, chosen, finished, gate, intended} = happen;

test.each([
	['builder.build', true],
	['ci.build', true],
	['registry.relink', false],
])('an incident whose step %s has run has an image that was built anew: %s', (action, rebuilt) => {
	const told = tellIncident(smallPage.replace('action: change.mend', `action: ${action}`))
		.tell(begun(steps.check, 'read'))
		.tell(intended(steps.check))
		.tell(finished(steps.check, 'broken', {verdict: 'broken'}))
		.tell(begun(steps.decide, 'read', {with: {options: [{key: 'mend'}]}}))
		.tell(chosen('mend'))
		.tell(begun(steps.mend, 'write'));
	expect(wasRebuilt(told.incident)).toBe(false);

	told.tell(gate(steps.mend)).tell(answered(steps.mend, 'approve')).tell(intended(steps.mend));
	expect(wasRebuilt(told.incident)).toBe(rebuilt);
});

test('of the remedies, those of a pipeline, a build host and a command make new bytes', () => {
	expect(['rebuild-ci', 'rebuild-fallback', 'rebuild-command'].every(isRebuild)).toBe(true);
	expect(['relink', 'copy-back', 're-point', undefined].some(isRebuild)).toBe(false);
});
