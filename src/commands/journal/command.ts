import {defineCommand, defineGroup} from '../command.ts';

export const journal = defineGroup('journal', 'check the record of an incident', [
	defineCommand({
		name: 'verify <incident>',
		about: 'verify the hash chain of its events, and its evidence files',
		run: async ({invocation, argument}) => (await import('./journal.ts')).verifyJournal(argument, invocation),
	}),
]);
