"""Accuracy of golden records by field, beside two simple rules over the same clusters."""
import collections
import csv
import re
import sys

FIELDS = ["given_name", "surname", "email", "phone", "date_of_birth", "loyalty_id"]


def normal(field, value):
    value = value.strip().lower()
    if field == "phone":
        return re.sub(r"\D", "", value)[-10:]
    if field == "email" and "@" in value:
        local, _, domain = value.rpartition("@")
        return local.split("+")[0] + "@" + domain
    return value


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def newest(records, field):
    values = [(r["updated_at"], normal(field, r[field])) for r in records if r[field].strip()]
    return max(values)[1] if values else ""


def majority(records, field):
    values = sorted((r["updated_at"], normal(field, r[field])) for r in records if r[field].strip())
    counts = collections.Counter(v for _, v in values)
    # Of equally frequent values the newest.
    return max(values, key=lambda v: (counts[v[1]], v[0]))[1] if values else ""


def score(records, gold, truth, clusters, golden=None):
    """clusters: record -> cluster. Each cluster is judged by the person that most of its records belong to.

    Fields that no record of the cluster has are left out.
    """
    by_id = {r["record_id"]: r for r in records}
    members = collections.defaultdict(list)
    for record, cluster in clusters.items():
        members[cluster].append(record)
    truth = {r["person_id"]: r for r in truth}
    right = collections.defaultdict(collections.Counter)
    total = collections.Counter()
    wrong = collections.defaultdict(list)
    for cluster, ids in members.items():
        persons = collections.Counter(gold[i] for i in ids)
        person = max(sorted(persons), key=lambda p: persons[p])
        group = [by_id[i] for i in ids]
        for field in FIELDS:
            if not any(r[field].strip() for r in group):
                continue
            wanted = normal(field, truth[person][field])
            total[field] += 1
            right["newest"][field] += newest(group, field) == wanted
            right["majority"][field] += majority(group, field) == wanted
            if golden:
                ours = normal(field, golden[cluster][field])
                right["ours"][field] += ours == wanted
                if ours != wanted:
                    wrong[field].append((wanted, ours, group))
    return {rule: {f: counts[f] / total[f] for f in FIELDS} for rule, counts in right.items()}, wrong


if __name__ == "__main__":
    folder, out, golden_path = sys.argv[1:4]
    records = rows(folder + "/customers.csv")
    gold = {r["record_id"]: r["person_id"] for r in rows(folder + "/gold.csv")}
    truth = rows(folder + "/golden.csv")
    clusters = gold if out == "-" else {r["record_id"]: r["cluster_id"] for r in rows(out)}
    golden = {r["person_id"]: r for r in rows(golden_path)} if golden_path != "-" else None
    result, wrong = score(records, gold, truth, clusters, golden)
    for rule, fields in result.items():
        print(f"{rule:10}", "  ".join(f"{f} {v:.4f}" for f, v in fields.items()))
    if len(sys.argv) > 4:
        for wanted, ours, group in wrong[sys.argv[4]][: int(sys.argv[5])]:
            print("wanted", wanted, "ours", ours)
            for r in sorted(group, key=lambda r: r["updated_at"]):
                print("     ", "|".join(r.values()))
