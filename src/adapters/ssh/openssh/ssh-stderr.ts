import {defined} from '../../../domain/defined.ts';
import type {OperatorError} from '../../../domain/errors.ts';
import {type HostName, hostKeyRefused, misconfigured, unauthorized, unreachable} from '../errors.ts';

/**
 * Finds out from stderr why ssh failed: it exits with 255 for every failure of its own. Only what ssh wrote before the
 * remote script began counts. @see openssh-portable sshconnect.c, sshconnect2.c, packet.c, readconf.c (9.2)
 * @returns undefined where stderr does not prove that nothing ran
 */
export function causeOf(stderr: string, place: string, hostName: HostName): OperatorError | undefined {
	const has = (pattern: RegExp) => pattern.test(stderr);
	const line = (pattern: RegExp) => stderr.split('\n').find(text => pattern.test(text)) ?? '';
	const shown = hostNameIn(stderr) ?? hostName;
	const cause = stderr.trim() === '' ? undefined : new Error(stderr.trim());

	if (has(/in revoked keys file/)) {
		const hint = 'Make the file that RevokedHostKeys names in ssh_config readable: it may revoke a key.';
		return misconfigured(line(/in revoked keys file/), hint, cause);
	}

	const list = /revoked by file (.+)/.exec(stderr)?.[1]?.trim();
	if (list !== undefined) {
		return hostKeyRefused('revoked', place, {...shown, knownHostsFile: list}, {cause});
	}

	if (has(/REVOKED HOST KEY DETECTED|is marked as revoked|revoked host key/i)) {
		return hostKeyRefused('revoked', place, shown, {cause});
	}

	if (has(/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/)) {
		return hostKeyRefused('changed', place, shown, {cause});
	}

	if (has(/host key is known for|Host key verification failed/)) {
		return hostKeyRefused('unknown', place, shown, {cause});
	}

	if (
		has(/Bad (?:owner or permissions on|configuration option)|bad configuration option|Can't open user config file/)
	) {
		const detail = line(/Bad owner|onfiguration option|Can't open user config/);
		return misconfigured(detail, 'Correct the ssh_config file that ssh names.', cause);
	}

	if (has(/Unable to negotiate|no matching (?:host key|key exchange|cipher|mac)/i)) {
		const detail = line(/Unable to negotiate|no matching/i);
		return misconfigured(detail, 'Client and server support no common algorithm: update one of them.', cause);
	}

	const refusedPattern =
		/: Permission denied \([^)]*\)|Too many authentication failures|No more authentication methods/;
	if (has(refusedPattern)) {
		return unauthorized(place, /\([^)]*\)/.exec(line(refusedPattern))?.[0] ?? '', cause);
	}

	const unreachablePattern =
		/connect to (?:host|address) .* port|Could not resolve hostname|kex_exchange_identification|ssh_exchange_identification|banner exchange|Connection timed out during|Not allowed at this time|Connection (?:closed|reset) by .* port \d+ \[preauth\]/;
	return has(unreachablePattern)
		? unreachable(place, line(unreachablePattern).replace(/^ssh: /, ''), cause)
		: undefined;
}

/** For an alias of ssh_config, only ssh knows the name under which the key is looked up: `[10.0.0.1]:2222`. */
function hostNameIn(stderr: string): HostName | undefined {
	const [, bracketed, port, plain] =
		/ey (?:is known )?for (?:\[([^\]\s]+)\]:(\d+)|(\S+)) (?:and you|has changed)/.exec(stderr) ?? [];
	const host = bracketed ?? plain;
	const file = /Add correct host key in (\S+) to get rid/.exec(stderr)?.[1];
	return host === undefined
		? undefined
		: {host, ...defined({port: port === undefined ? undefined : Number(port), knownHostsFile: file})};
}
