import * as v from 'valibot';
import {isTag} from '../image/reference.ts';

const text = v.pipe(v.string(), v.nonEmpty('must not be empty'));
const command = v.pipe(v.array(text), v.minLength(1, 'needs a program'));

/** What usually builds an image: a pipeline of Woodpecker, or a command that orders a build elsewhere. */
export const buildConfiguration = v.pipe(
	v.strictObject({
		repository: v.optional(text),
		branch: v.optional(text),
		/** Orders a build with the operator's own CLI, on this machine, in the place of a Woodpecker pipeline. */
		command: v.optional(command),
		/** Waits for the build that the command has ordered: its exit tells how it ended. */
		follow: v.optional(command),
		/** What proves the build: the registry. */
		check: v.optional(v.literal('verify')),
		/** The tags that the pipeline pushes; absent: nothing is claimed of it. */
		pushes: v.optional(v.pipe(v.array(v.pipe(text, v.check(isTag, 'is not a tag'))), v.minLength(1, 'needs a tag'))),
		runsIn: v.optional(v.array(text), []),
		/** Repositories of this registry that it is built FROM: a Dockerfile that a pipeline or a command builds is not read. */
		from: v.optional(v.array(text)),
	}),
	v.check(
		({repository, branch, command: orders, follow}) =>
			orders === undefined
				? repository !== undefined && branch !== undefined && follow === undefined
				: repository === undefined && branch === undefined,
		'needs either repository and branch, or command',
	),
);
