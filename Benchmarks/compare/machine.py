"""What a measurement ran on."""

import datetime
import os
import platform
import re
import subprocess


def output(*command):
    """What a command prints, or an empty text where there is no such command."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def processors():
    """Processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def description(semid):
    """Name and value pairs: the processor, its vector instructions, memory, versions and the date."""
    cpu = dict(re.findall(r"^\s*([^:\n]+):\s*(.+)$", output("lscpu"), re.MULTILINE))
    flags = set(cpu.get("Flags", cpu.get("Features", "")).split())
    # The instructions that the kernels' three bodies ask for.
    avx512 = {"avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512_vnni"}
    simd = "AVX-512 with VNNI" if avx512 <= flags else "AVX2 and FMA" if {"avx2", "fma"} <= flags else ""
    if not simd:
        simd = "NEON" if platform.machine() in ("arm64", "aarch64") else "baseline"
    model = cpu.get("Model name") or output("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    try:
        memory = f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    except (ValueError, OSError):
        memory = "unknown"
    import faiss
    import numpy
    import torch

    level = faiss.SIMDConfig.get_level_name() if hasattr(faiss, "SIMDConfig") else faiss.get_compile_options()
    blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    swift = re.search(r"Swift version (\S+)", output("swift", "--version"))
    return {
        "Date": datetime.date.today().isoformat(),
        "Processor": f"{model}, family {cpu.get('CPU family', '?')} model {cpu.get('Model', '?')}",
        "Vector instructions": simd,
        "Processors for this process": f"{processors()} ({cpu.get('Thread(s) per core', '?')} thread(s) a core)",
        "Caches": ", ".join(f"{name} {cpu[name + ' cache']}" for name in ("L1d", "L2", "L3") if name + " cache" in cpu),
        "Memory": memory,
        "System": f"{platform.system()} {platform.release()}",
        "semid": f"{output(semid, '--version') or 'unknown'}, Swift {swift.group(1) if swift else 'unknown'}"
        + (f", SEMID_KERNELS={os.environ['SEMID_KERNELS']}" if "SEMID_KERNELS" in os.environ else ""),
        "faiss": f"{faiss.__version__}, {level.strip()}",
        "torch": f"{torch.__version__}, {torch.backends.cpu.get_cpu_capability()}",
        "numpy": f"{numpy.__version__}, {blas['name']} {blas['version']}; Python {platform.python_version()}",
    }
