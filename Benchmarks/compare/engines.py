"""Constrained generation in engines: semid's processor of transformers against prefix_allowed_tokens_fn, in whole generations, and
semid's masks against xgrammar's grammars of all IDs, step by step. Started by `run engines`.

The model is random and tiny, so that the constraint's share can be seen; every generation is checked for IDs that are none.
Everything runs on one thread, and times are the processor's, so that others on the machine count less. Each grammar is compiled in a
process of its own, within --seconds and --gigabytes; where it does not come to an end, the table says so. semid's library must be in python/semid/lib (scripts/python-library), or SEMID_LIBRARY names it.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

import numpy as np

import harness
import machine

HERE = pathlib.Path(__file__).resolve()
FIRST, EOS, PAD = 1000, 1, 0
FORMS = {
    "xgrammar, EBNF, a list": "ebnf", "xgrammar, EBNF, a rule a prefix": "trie", "xgrammar, JSON schema, enum": "json",
}


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare/run engines", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--items", default="1000,10000,100000", help="IDs; generations are of the last number")
    parser.add_argument("--levels", type=int, default=4)
    parser.add_argument("--codebook-size", type=int, default=256)
    parser.add_argument("--vocabulary", type=int, default=32_000, help="tokens of the model")
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--beams", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=300, help="of the processor, for a grammar to be compiled and measured")
    parser.add_argument("--gigabytes", type=int, default=12, help="for a grammar")
    parser.add_argument("--output", default=".build/compare", help="folder of the table and the raw results")
    return parser.parse_args(words)


def made(items, options):
    from masks import made

    return made(items, options["levels"], options["codebook_size"], 7)


def constraint_of(codes, options):
    import semid

    return semid.Constraint(
        codes=codes, level_sizes=[options["codebook_size"]] * codes.shape[1], first_token=FIRST,
        vocabulary_size=options["vocabulary"], end=EOS, padding=PAD)


def tokens_of(codes, options):
    return FIRST + options["codebook_size"] * np.arange(codes.shape[1]) + codes.astype(np.int64)


# ---- Whole generations ------------------------------------------------------------------------------------------------


def generate(system, items, options):
    """Beam search with a tiny random model. Returns the seconds, those inside the constraint, and IDs that are none."""
    import torch
    import transformers

    torch.manual_seed(0)
    torch.set_num_threads(1)
    codes = made(items, options)
    tokens = tokens_of(codes, options)
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(
        vocab_size=options["vocabulary"], n_positions=64, n_embd=64, n_layer=2, n_head=2, bos_token_id=2, eos_token_id=EOS,
        pad_token_id=PAD)).eval()
    random = np.random.default_rng(0)
    prompts = torch.from_numpy(random.integers(3, FIRST, (options["prompts"], 24)))
    inside, steps = 0.0, 0

    def timed(call):
        def wrapped(*words):
            nonlocal inside, steps
            start = time.process_time()
            result = call(*words)
            inside += time.process_time() - start
            steps += 1
            return result
        return wrapped

    begin = time.process_time()
    if system == "semid":
        from semid.transformers import ConstraintProcessor

        class Timed(ConstraintProcessor):
            pass

        Timed.__call__ = timed(ConstraintProcessor.__call__)
        given = {"logits_processor": [Timed(constraint_of(codes, options))]}
    elif system == "prefix_allowed_tokens_fn":
        children = {}
        for row in tokens.tolist():
            for depth, token in enumerate([*row, EOS]):
                children.setdefault(tuple(row[:depth]), set()).add(token)
        children = {prefix: sorted(found) for prefix, found in children.items()}
        length = prompts.shape[1]
        theirs = transformers.generation.logits_process.PrefixConstrainedLogitsProcessor
        theirs.__call__ = timed(theirs.__call__)
        given = {"prefix_allowed_tokens_fn": lambda _, row: children.get(tuple(row[length:].tolist()), [PAD])}
    else:
        given = {}
    built = time.process_time() - begin
    start = time.process_time()
    out = model.generate(
        input_ids=prompts, attention_mask=torch.ones_like(prompts), max_new_tokens=codes.shape[1] + 1,
        num_beams=options["beams"], num_return_sequences=options["beams"], **given)
    seconds = time.process_time() - start
    known = set(map(tuple, tokens.tolist()))
    written = [tuple(token for token in row if token not in (EOS, PAD)) for row in out[:, prompts.shape[1]:].tolist()]
    return {
        "seconds": seconds, "inside": inside / max(steps, 1), "steps": steps, "build": built, "written": len(written),
        "invalid": sum(row not in known for row in written), "sum": int(out.sum()),
    }


# ---- Step by step -----------------------------------------------------------------------------------------------------


def paths(codes, options, rounds=20):
    random = np.random.default_rng(1)
    return [tokens_of(codes[random.integers(0, len(codes), options["prompts"] * options["beams"])], options) for _ in range(rounds)]


def masks_of_semid(items, options):
    import torch
    import semid.xgrammar

    torch.set_num_threads(1)
    codes = made(items, options)
    start = time.process_time()
    constraint = constraint_of(codes, options)
    built = time.process_time() - start
    rows = options["prompts"] * options["beams"]
    times = [[] for _ in range(codes.shape[1])]
    logits = torch.zeros(rows, options["vocabulary"])
    for beams in paths(codes, options):
        states = constraint.start(rows)
        for depth in range(codes.shape[1]):
            start = time.process_time()
            words = constraint.mask(states)
            middle = time.process_time()
            semid.xgrammar.apply(constraint, states, logits)
            end = time.process_time()
            after = constraint.advance(states, beams[:, depth])
            times[depth].append((middle - start + time.process_time() - end, end - middle))
            states = after
    assert words.any()
    return summary(times, built)


def masks_of_xgrammar(form, items, options):
    """Every matcher stands for a beam. Forks, which beams need when they are put in another order, are not counted."""
    import resource

    import torch
    import xgrammar

    resource.setrlimit(resource.RLIMIT_AS, (options["gigabytes"] << 30, options["gigabytes"] << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (options["seconds"], options["seconds"] + 5))
    torch.set_num_threads(1)
    codes = made(items, options)
    letters = "abcdefgh"
    vocabulary = ["<pad>", "</s>", '"', *(f"<w_{token}>" for token in range(3, FIRST))]
    vocabulary += [f"<{letters[level]}_{code}>" for level in range(codes.shape[1]) for code in range(options["codebook_size"])]
    vocabulary += [f"<x_{token}>" for token in range(len(vocabulary), options["vocabulary"])]
    texts = ["".join(f"<{letters[level]}_{code}>" for level, code in enumerate(row)) for row in codes.tolist()]
    info = xgrammar.TokenizerInfo(vocabulary, vocab_type=xgrammar.VocabType.RAW, stop_token_ids=[EOS])
    compiler = xgrammar.GrammarCompiler(info, max_threads=1)
    start = time.process_time()
    if form == "ebnf":
        compiled = compiler.compile_grammar("root ::= " + " | ".join(f'"{text}"' for text in texts))
    elif form == "trie":
        rules = {}
        for row in codes.tolist():
            for depth in range(len(row)):
                rules.setdefault(tuple(row[:depth]), {})[row[depth]] = None
        names = {prefix: "root" if not prefix else "p_" + "_".join(map(str, prefix)) for prefix in rules}
        lines = []
        for prefix, found in rules.items():
            parts = []
            for code in found:
                child = names.get((*prefix, code))
                parts.append(f'"<{letters[len(prefix)]}_{code}>"' + (f" {child}" if child else ""))
            lines.append(f"{names[prefix]} ::= " + " | ".join(parts))
        compiled = compiler.compile_grammar("\n".join(lines))
    else:
        compiled = compiler.compile_json_schema(json.dumps({"enum": texts}))
    built = time.process_time() - start
    rows = options["prompts"] * options["beams"]
    batched = xgrammar.BatchGrammarMatcher(max_threads=1)
    bitmask = xgrammar.allocate_token_bitmask(rows, options["vocabulary"])
    logits = torch.zeros(rows, options["vocabulary"])
    times = [[] for _ in range(codes.shape[1])]
    wrong = 0
    begin = time.process_time()
    for beams in paths(codes, options):
        matchers = [xgrammar.GrammarMatcher(compiled) for _ in range(rows)]
        if form == "json":
            assert all(matcher.accept_token(2) for matcher in matchers)
        for depth in range(codes.shape[1]):
            start = time.process_time()
            batched.batch_fill_next_token_bitmask(matchers, bitmask)
            middle = time.process_time()
            xgrammar.apply_token_bitmask_inplace(logits.zero_(), bitmask)
            end = time.process_time()
            accepted = [matcher.accept_token(token) for matcher, token in zip(matchers, beams[:, depth].tolist())]
            times[depth].append((middle - start + time.process_time() - end, end - middle))
            wrong += accepted.count(False)
        if time.process_time() - begin > options["seconds"] / 4:
            break
    return summary(times, built) | {"refused": wrong, "bytes": compiled.memory_size_bytes}


def summary(times, built):
    import resource

    # Means, since some systems count a process's time in steps that are longer than what is measured.
    means = [statistics.mean(fill for fill, _ in depth) for depth in times]
    return {
        "depths": means, "fill": statistics.mean(means),
        "apply": statistics.mean(statistics.mean(apply for _, apply in depth) for depth in times), "build": built,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def attempt(form, items, options, settings):
    """A grammar that may take too long or too much."""
    command = [sys.executable, HERE, "child", form, str(items), settings]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return {"failed": f"not done in {options.seconds} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1][:90]
        return {"failed": f"status {done.returncode} within {options.gigabytes} GiB" + (f": {last}" if last else "")}
    return json.loads(done.stdout.strip().splitlines()[-1])


def main(words):
    options = arguments(words)
    output = pathlib.Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    log = harness.Log(output / "engines.jsonl")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE.parents[2] / "python"), os.environ.get("PYTHONPATH")]))
    settings = json.dumps(vars(options))
    sizes = [int(number) for number in options.items.split(",")]

    systems = ["semid", "prefix_allowed_tokens_fn", "nothing"]
    commands = {system: [sys.executable, HERE, "child", system, sizes[-1], settings] for system in systems}
    results = harness.alternate(commands, options.rounds, 1, log, items=sizes[-1])
    rows = []
    for system in systems:
        runs = results[system]
        step = statistics.median(run["inside"] for run in runs) * 1e3
        rows.append([
            system, "" if system == "nothing" else f"{step:.2f}", f"{statistics.median(run['seconds'] for run in runs):.2f}",
            f"{statistics.median(run['build'] for run in runs):.2f}", f"{runs[0]['invalid']:,} of {runs[0]['written']:,}",
        ])
    same = {run["sum"] for system in systems[:2] for run in results[system]}
    lines = [
        f"# Constrained generation: {sizes[-1]:,} IDs, {options.levels} levels of {options.codebook_size}, {options.prompts} prompts × "
        f"{options.beams} beams, {options.vocabulary:,} tokens", "",
        harness.table(["machine", ""], machine.description(os.environ["SEMID"]).items()), "", versions(), "",
        f"One thread, processor time; medians of {options.rounds} rounds. Both constraints wrote "
        + ("the same sequences." if len(same) == 1 else "different sequences."), "",
        harness.table(["", "constraint, ms a step", "generation, s", "build, s", "no IDs"], rows), "",
    ]

    rows = []
    for items in sizes:
        for name, form in {"semid": "masks", **FORMS}.items():
            found = attempt(form, items, options, settings)
            log.add(name=name, form=form, items=items, result=found)
            if "failed" in found:
                rows.append([f"{items:,}", name, "", "", "", "", found["failed"]])
                continue
            rows.append([
                f"{items:,}", name, f"{found['build']:.3g}", f"{found['fill'] * 1e3:.3g}", f"{found['apply'] * 1e3:.3g}",
                f"{found['peak'] / 2**20:,.0f}", f"{found['refused']} tokens refused" if found.get("refused") else "",
            ])
    lines += [
        f"Masks of {options.prompts * options.beams} beams, one thread, processor time. A step is the mask and the next state of all beams, the mean of "
        "all depths; the mask is applied to float32 scores by xgrammar's kernel.", "",
        harness.table(["IDs", "", "build, s", "step, ms", "apply, ms", "peak, MiB", ""], rows), "", harness.busy_note(results), "",
    ]
    text = "\n".join(lines)
    (output / "engines.md").write_text(text)
    print(text)


def versions():
    code = "import importlib.metadata as m; print(*(f'{p} {m.version(p)}' for p in ('transformers', 'xgrammar', 'torch')), sep=', ')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        _, _, system, items, settings = sys.argv
        given = json.loads(settings)
        if system in FORMS.values():
            print(json.dumps(masks_of_xgrammar(system, int(items), given)))
        elif system == "masks":
            print(json.dumps(masks_of_semid(int(items), given)))
        else:
            print(json.dumps(generate(system, int(items), given)))
    else:
        main([word for word in sys.argv[1:] if word != "engines"])
