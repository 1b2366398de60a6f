import {expect, it} from 'vitest';
import {programsIn} from '../../../src/domain/storage/restart-programs.ts';

it.each([
	['docker compose restart registry', [{name: 'docker'}]],
	['cd /opt/registry && docker compose restart', [{name: 'cd'}, {name: 'docker', folder: '/opt/registry'}]],
	[
		'cd /opt; cd registry; ./restart.sh',
		[{name: 'cd'}, {name: 'cd', folder: '/opt'}, {name: './restart.sh', folder: '/opt/registry'}],
	],
	['sudo -u registry -n systemctl restart registry', [{name: 'sudo'}, {name: 'systemctl'}]],
	['DOCKER_HOST=unix:///run/d.sock timeout -k 5 30 docker restart r', [{name: 'timeout'}, {name: 'docker'}]],
	['env A=1 -u B nohup "/opt/re start" --now', [{name: 'env'}, {name: 'nohup'}, {name: '/opt/re start'}]],
	['$RUN restart', []],
	['sudo', [{name: 'sudo'}]],
	['A=1', []],
])('%s starts its programs', (command, programs) => {
	expect(programsIn(command)).toEqual(programs);
});
