# The check a careful person would script: every tag's index, its children's links and their layers' links. One file at a time.
import json, os, sys

base = os.path.join(sys.argv[1], 'docker/registry/v2')


def body(digest):
    digest = digest.split(':')[1]
    with open(f'{base}/blobs/sha256/{digest[:2]}/{digest}/data', 'rb') as file:
        return json.load(file)


def linked(repository, area, digest):
    return os.path.exists(f'{repository}/{area}/sha256/{digest.split(":")[1]}/link')


tags = faults = 0
for folder, names, _ in os.walk(f'{base}/repositories'):
    if '_manifests' not in names:
        continue
    names[:] = []
    for tag in os.listdir(f'{folder}/_manifests/tags'):
        tags += 1
        with open(f'{folder}/_manifests/tags/{tag}/current/link') as file:
            top = file.read()
        for child in body(top).get('manifests', []):
            if not linked(folder, '_manifests/revisions', child['digest']):
                faults += 1
                continue
            manifest = body(child['digest'])
            for part in [manifest['config'], *manifest['layers']]:
                if not linked(folder, '_layers', part['digest']):
                    faults += 1
print(f'{tags} tags, {faults} faults')
