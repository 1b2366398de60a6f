import {type Recipe, readRecipe} from '../../domain/build/dockerfile.ts';
import {whyNotBuildable} from '../../domain/build/whether-buildable.ts';
import {defined} from '../../domain/defined.ts';
import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import type {Change} from '../../domain/incident/change.ts';
import type {FallbackBuild} from '../../domain/incident/settings.ts';
import type {BuildAbilities, Builder} from '../ports/builder.ts';
import type {ActionContext} from './action.ts';
import {lookAtBases} from './build-bases.ts';
import {platformLoss} from './build-platforms.ts';
import {pushLogin} from './push-login.ts';
import {lookAtTags, type SeenTag} from './tag-writes.ts';

type BuildAndPush = Extract<Change, {kind: 'build-and-push'}>;

/**
 * The incident's own tag and the configured ones, as they are now: those that are intact are left alone. No other tag is pushed,
 * whatever else names the same digest.
 * @throws OperatorError build.nothing-to-push | build.login | build.platform | build.secret
 */
export async function plannedPush(
	builder: Builder,
	image: ImageReference,
	build: FallbackBuild,
	context: ActionContext,
): Promise<BuildAndPush> {
	const {host, repository, tag: own} = image;
	const wanted = [...new Set([...(own === undefined ? [] : [own]), ...build.tags])];
	const seen = await lookAtTags(image, wanted, context);
	const isPushed = ({write: {tag, verdict}}: SeenTag) =>
		verdict === 'broken' || verdict === 'absent' || (verdict === 'unknown' && tag === own);
	const pushed = seen.filter(isPushed);
	if (pushed.length === 0) {
		throw nothingToPush(image, seen);
	}

	await pushLogin(image, context.ports.secrets);
	const abilities = await unlessItFails(builder.abilities(orderedOf(build), context), context);
	const {recipe, unread} = await recipeOf(builder, build, context);
	refuseImpossible(builder.place, build, {abilities, recipe});

	const {git, context: folder, dockerfile, platforms} = build;
	const leaves = seen.filter(each => !isPushed(each)).map(({write}) => write);
	const bases = recipe === undefined ? [] : await lookAtBases(recipe.bases, image, context);
	return {
		kind: 'build-and-push',
		git,
		context: folder,
		dockerfile,
		images: pushed.map(({write: {tag}}) => formatReference({host, repository, tag})),
		writes: pushed.map(({write}) => write),
		...(leaves.length > 0 && {leaves}),
		platforms: platformLoss({configured: platforms, own: abilities?.platform}, pushed, context),
		...defined({for: platforms, unread}),
		...(bases.length > 0 && {bases}),
	};
}

/** The files of the build's secrets, by their ids. */
export function orderedOf({builder, environment, secrets}: FallbackBuild) {
	const files = Object.entries(secrets).map(([id, {file}]) => [id, file] as const);
	return {program: builder, environment, secrets: Object.fromEntries(files)};
}

async function recipeOf(
	builder: Builder,
	{git, branch, context: folder, dockerfile, builder: program, environment, args}: FallbackBuild,
	context: ActionContext,
): Promise<{recipe?: Recipe; unread?: string}> {
	const source = {git, context: folder, dockerfile, program, environment, ...defined({branch})};
	try {
		const read = await builder.recipe(source, context);
		return read.state === 'read' ? {recipe: readRecipe(read.dockerfile, args)} : {unread: read.why};
	} catch (error) {
		context.signal.throwIfAborted();
		return {unread: asOperatorError(error).message};
	}
}

function refuseImpossible(
	place: string,
	{platforms = [], secrets}: FallbackBuild,
	{abilities, recipe}: {abilities: BuildAbilities | undefined; recipe: Recipe | undefined},
): void {
	if (abilities === undefined) {
		return;
	}

	const wrong = whyNotBuildable(platforms, abilities, recipe);
	if (wrong !== undefined) {
		const names = wrong.platforms.join(', ');
		throw new OperatorError('build.platform', `${place} can't build ${names}: ${wrong.why}.`, {
			hint: 'Register an emulation there (binfmt), choose another program in fallback.builder, or take the platform out of fallback.platforms.',
			exit: 'configuration',
		});
	}

	const [file] = abilities.unreadable;
	if (file !== undefined) {
		const id = Object.entries(secrets).find(([, each]) => each.file === file)?.[0] ?? '';
		throw new OperatorError('build.secret', `The secret ${id} of the build can't be read on ${place}: ${file}.`, {
			hint: 'Put the file there, readable for the user that builds, or correct fallback.secrets.',
			exit: 'configuration',
		});
	}
}

async function unlessItFails<Answer>(asked: Promise<Answer>, {signal}: ActionContext): Promise<Answer | undefined> {
	return asked.catch(error => {
		signal.throwIfAborted();
		asOperatorError(error);
		return undefined;
	});
}

function nothingToPush(image: ImageReference, seen: readonly SeenTag[]): OperatorError {
	const name = formatReference(image);
	return seen.length === 0
		? new OperatorError('build.nothing-to-push', `${name} has no tag that a build could push.`, {
				hint: 'Name one in images.….fallback.tags.',
				exit: 'configuration',
			})
		: new OperatorError('build.nothing-to-push', 'None of the tags that this build would push is broken now.', {
				hint: `Check ${name} again: it may have been repaired meanwhile.`,
				exit: 'failed',
			});
}
