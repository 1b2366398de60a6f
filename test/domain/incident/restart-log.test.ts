import {expect, test} from 'vitest';
import {restartLogCommand} from '../../../src/domain/incident/restart-log.ts';

test.each([
	['docker restart registry', 'docker logs --tail 20 registry 2>&1'],
	['docker restart -t 5 registry', 'docker logs --tail 20 registry 2>&1'],
	['sudo -n docker restart --time 5 registry proxy', 'sudo -n docker logs --tail 20 registry 2>&1'],
	['podman restart registry', 'podman logs --tail 20 registry 2>&1'],
	['docker compose restart registry', 'docker compose logs --tail 20 registry 2>&1'],
	['docker-compose -f /opt/r/compose.yml restart', 'docker-compose -f /opt/r/compose.yml logs --tail 20 2>&1'],
	[
		'cd /opt/registry && docker compose up -d --force-recreate registry',
		'cd /opt/registry && docker compose logs --tail 20 registry 2>&1',
	],
	['systemctl restart docker-registry', 'journalctl --unit=docker-registry --lines=20 --no-pager 2>&1'],
	['docker restart registry && docker restart nginx', 'docker logs --tail 20 registry 2>&1'],
])('the log of what "%s" restarts is read with "%s"', (command, log) => {
	expect(restartLogCommand(command, 20)).toBe(log);
});

test.each([
	'',
	'docker restart',
	'docker restart $(docker ps -q)',
	'docker restart registry; rm -rf /',
	'docker compose restart registry && curl -X POST https://chat.example',
	'docker run registry restart registry | sh',
	'docker restart "registry"',
])('"%s" does not tell of which container, and nothing is run', command => {
	expect(restartLogCommand(command, 20)).toBeUndefined();
});
