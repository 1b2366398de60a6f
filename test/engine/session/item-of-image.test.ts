import {expect, test} from 'vitest';
import {formatReference, type ImageReference} from '../../../src/domain/image/reference.ts';
import {currentVisit} from '../../../src/domain/incident/incident.ts';
import type {Action, ActionContext, Ports} from '../../../src/engine/actions/action.ts';
import {planPage} from '../../support/plan-page.ts';
import {resultOf, smallCatalogue} from '../../support/small-catalogue.ts';
import {openSmallSession} from '../../support/small-session.ts';

const own = 'registry.example/infra-ci:latest';
const other = 'registry.example/shop/web:latest';
const page = planPage([{id: own}, {id: other}]).replace("image: '${inputs.image}', note", "image: '${row.id}', note");
const mended = resultOf(smallCatalogue.find(({name}) => name === 'change.mend')!, 'mended');

/** What the actions were given: the repository of the settings, and of the ports. */
function watch(repositoryNow: string) {
	const seen: string[] = [];
	const of = (image: ImageReference) => ({
		ports: {builder: {place: formatReference(image)}, clock: {now: () => new Date()}} as unknown as Ports,
		settings: {repository: `${repositoryNow}/${image.repository}`, branch: 'main'},
	});
	const note = (what: string, {settings, ports}: ActionContext) =>
		seen.push(`${what}: ${settings.pipeline?.repository ?? 'that of the incident'}, ${ports.builder?.place}`);
	const change = (actions: Action[]): Action[] =>
		actions.map(action => ({
			...action,
			gate: async (_: unknown, context: ActionContext) => {
				note('gate', context);
				return {target: 'a', changes: [], undo: 'none', phrase: 'x'};
			},
			run: async (inputs: unknown, context: ActionContext) => {
				if (action.effect === 'read') {
					return action.run(inputs, context);
				}

				note('run', context);
				return mended;
			},
		}));
	return {seen, options: {change, ports: {of}}};
}

test('an item works with the settings and the outside systems of its own image', async () => {
	const {seen, options} = watch('acme');
	const small = await openSmallSession({page, ...options});
	await small.phase('asking');
	await small.session.say({type: 'plan.settled', step: 'plan', attempt: 1});
	await small.phase('gate');
	await small.session.say({type: 'gate.answered', answer: 'approve', step: 'apply', attempt: 1});
	await small.until(({incident}) => currentVisit(incident)?.step !== 'apply');

	const ofOwn = `that of the incident, ${own}`;
	const ofOther = `acme/shop/web, ${other}`;
	expect(seen).toEqual([`gate: ${ofOwn}`, `gate: ${ofOther}`, `run: ${ofOwn}`, `run: ${ofOther}`]);
});

test('a resumed item keeps the settings that it was prepared with, whatever the configuration says now', async () => {
	const before = await openSmallSession({page, ...watch('acme').options});
	await before.phase('asking');
	await before.session.say({type: 'plan.settled', step: 'plan', attempt: 1});
	await before.phase('gate');
	await before.session.leave('left');

	const {seen, options} = watch('changed');
	const small = await openSmallSession({page, earlier: before.events, ...options});
	await small.phase('gate');
	await small.session.say({type: 'gate.answered', answer: 'approve', step: 'apply', attempt: 1});
	await small.until(({incident}) => currentVisit(incident)?.step !== 'apply');

	expect(seen.at(-1)).toBe(`run: acme/shop/web, ${other}`);
});
