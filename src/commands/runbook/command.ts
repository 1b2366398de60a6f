import {defineCommand, defineGroup} from '../command.ts';

export const runbook = defineGroup('runbook', 'for authors of runbooks', [
	defineCommand({
		name: 'list',
		about: 'list the runbooks that ship with regmedic',
		run: async ({invocation}) => (await import('./runbook.ts')).listRunbooks(invocation),
	}),
	defineCommand({
		name: 'show <runbook>',
		about: 'print the page',
		run: async ({invocation, argument}) => (await import('./runbook.ts')).showRunbook(argument, invocation),
	}),
	defineCommand({
		name: 'lint <runbook...>',
		about: 'list every problem of a page, with line and column',
		run: async ({invocation, argument}) => (await import('./runbook.ts')).lintRunbooks(argument, invocation),
	}),
	defineCommand({
		name: 'graph <runbook>',
		about: 'print the steps as a Mermaid flowchart',
		run: async ({invocation, argument}) => (await import('./runbook.ts')).graphRunbook(argument, invocation),
	}),
]);
