import {defineCommand, flag} from '../command.ts';

export const incidents = defineCommand({
	name: 'incidents',
	about: 'list the incidents to resume and to export',
	options: {'--all': flag('also closed drills')},
	run: async ({invocation, options}) => (await import('./incidents.ts')).incidents(options, invocation),
});
