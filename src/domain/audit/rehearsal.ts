import {OperatorError} from '../errors.ts';
import {flagsOf} from './collect.ts';
import {shellCommands} from './shell.ts';

declare const rehearsalBrand: unique symbol;

/** A command whose every `garbage-collect` is a dry run. */
export type Rehearsal = string & {readonly [rehearsalBrand]: true};

/**
 * The only way to a command that collects garbage: one that does not.
 * @throws OperatorError audit.not-a-rehearsal
 */
export function parseRehearsal(command: string): Rehearsal {
	const commands = shellCommands(command).filter(({argv}) => argv[0] !== 'cd');
	const flags = commands.map(({argv}) => flagsOf(argv));
	// What a variable, a substitution or another script holds cannot be seen.
	const isHidden = /[`$]|\beval\b|<<|\.sh\b/.test(command);

	if (isHidden || flags.length === 0 || flags.some(found => found.length === 0 || found.some(({dryRun}) => !dryRun))) {
		throw new OperatorError('audit.not-a-rehearsal', `"${command}" is not sure to be a dry run.`, {
			hint: 'Write it out with --dry-run, as: docker exec registry registry garbage-collect --dry-run -m /etc/docker/registry/config.yml',
			exit: 'configuration',
		});
	}

	return command as Rehearsal;
}

export function isUntagged(rehearsal: Rehearsal): boolean {
	return shellCommands(rehearsal)
		.flatMap(({argv}) => flagsOf(argv))
		.some(({untagged}) => untagged === 'yes');
}

/** The same collection without -m; undefined where it cannot be written by leaving words out. */
export function withoutUntagged(rehearsal: Rehearsal): Rehearsal | undefined {
	const plain = rehearsal.replace(/(\bgarbage-collect\b[^;&|]*)/g, part =>
		part.replace(/\s(?:-m|--delete-untagged(?:=\w+)?)(?=\s|["']|$)/g, '').replace(/\s-(?:dm|md)(?=\s|["']|$)/g, ' -d'),
	);
	const parsed = plain === rehearsal ? undefined : parseRehearsal(plain);
	return parsed === undefined || isUntagged(parsed) ? undefined : parsed;
}
