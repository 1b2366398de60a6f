import {OperatorError} from '../../errors.ts';
import {isRehearsed} from './rehearsed.ts';

declare const rehearsalBrand: unique symbol;

/** A command that does nothing but one dry `garbage-collect`. */
export type Rehearsal = string & {readonly [rehearsalBrand]: true};

/**
 * The only way to a command that collects garbage: one that does not.
 * @throws OperatorError audit.not-a-rehearsal
 */
export function parseRehearsal(command: string): Rehearsal {
	if (!isRehearsed(command)) {
		throw new OperatorError('audit.not-a-rehearsal', `"${command}" is not sure to be a dry run and nothing else.`, {
			hint: 'Write one plain command with --dry-run and the configuration’s path, as: docker exec registry registry garbage-collect --dry-run -m /etc/docker/registry/config.yml',
			exit: 'configuration',
		});
	}

	return command as Rehearsal;
}

/** The same collection without -m; undefined where it has none. */
export function withoutUntagged(rehearsal: Rehearsal): Rehearsal | undefined {
	const at = rehearsal.lastIndexOf('garbage-collect');
	const flags = rehearsal
		.slice(at)
		.replace(/\s--delete-untagged(?:=\w+)?(?=\s|["']|$)/g, '')
		.replace(/\s-([dmq]+)(?=\s|["']|$)/g, (_, letters: string) => {
			const left = letters.replaceAll('m', '');
			return left === '' ? '' : ` -${left}`;
		});
	const plain = `${rehearsal.slice(0, at)}${flags}`;
	return plain === rehearsal ? undefined : parseRehearsal(plain);
}
