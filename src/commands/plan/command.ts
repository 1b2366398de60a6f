import {defineCommand, defineGroup} from '../command.ts';

export const plan = defineGroup('plan', 'plans that `respond --plan` wrote', [
	defineCommand({
		name: 'show <file>',
		about: 'print every row and change of a plan, and the SHA-256 of the file',
		run: async ({invocation, argument}) => (await import('./show.ts')).showPlan(argument, invocation),
	}),
]);
