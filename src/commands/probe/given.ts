import {addressesOf, type Configuration, registryFor} from '../../domain/configuration.ts';
import {OperatorError} from '../../domain/errors.ts';
import {
	type Given,
	type GivenRepository,
	parseImages,
	parseRepositories,
	plainNames,
} from '../../domain/probe/given.ts';
import {count} from '../../domain/text/wording.ts';
import type {Invocation} from '../../invocation.ts';
import {namedText, nameOfText} from '../named-text.ts';

export type GivenOptions = {repositories?: string; images?: string; repository?: string[]};

/** What is to be looked at; `given` absent: what the catalogue lists. */
type WhatToProbe = {given?: readonly GivenRepository[]; chosen?: readonly string[] | undefined};

/**
 * From `--repositories`, `--images`, `--repository` without a star, else the configuration.
 * @throws OperatorError usage.repositories
 */
export async function whatToProbe(
	{repositories, images, repository}: GivenOptions,
	{host, configuration}: {host: string; configuration: Configuration},
	invocation: Invocation,
): Promise<WhatToProbe> {
	if (repositories !== undefined && images !== undefined) {
		throw new OperatorError('usage.repositories', '--repositories and --images both say what to look at.', {
			hint: 'Leave one of them out.',
			exit: 'usage',
		});
	}

	const file = repositories ?? images;
	if (file === undefined) {
		const configured = registryFor(configuration, host)?.registry.repositories?.map(name => ({name}));
		const given = plainNames(repository) ?? configured;
		return {...(given && {given}), chosen: repository};
	}

	const own = addressesOf(configuration, host);
	const where = {host, isOwn: (each: string) => own.includes(each), file: nameOfText(file)};
	const hint = 'Name a file with a repository or an image on each line, or - for standard input.';
	const text = await namedText(file, {code: 'usage.repositories', hint}, invocation);
	const given = repositories === undefined ? parseImages(text, where) : parseRepositories(text, where);
	tellOthers(given, host, invocation);
	return {given: given.repositories, chosen: repository};
}

function tellOthers({elsewhere}: Given, host: string, {talk}: Invocation): void {
	if (elsewhere > 0) {
		talk(`${count(elsewhere, 'image')} of other registries than ${host} ${elsewhere === 1 ? 'is' : 'are'} left out.\n`);
	}
}
