import {defineCommand, flag} from '../command.ts';
import {plainHttp} from '../options.ts';

export const restore = defineCommand({
	name: 'restore <incident> <digest>',
	about: 'store again an image that an incident removed, while its blobs are there',
	options: {
		'--dry-run': flag('show what would be stored, and change nothing'),
		'--plain-http': plainHttp,
	},
	run: async ({invocation, argument: [incident, digest], options}) =>
		(await import('./restore.ts')).restore({incident, digest, ...options}, invocation),
});
