using Mono.Cecil;

namespace Akka.Simulation.Rewriter;

/// <summary>
/// <c>rewriter SHIM TARGET-FOLDER ASSEMBLY…</c>: writes copies of assemblies into a folder in which clock, chance, timers, the thread pool
/// and blocking waits are the world's, and beside them <c>rewritten.txt</c>: how many calls of which kind, and what was left.
/// </summary>
internal static class Program
{
    private const string Report = "rewritten.txt";

    public static int Main(string[] args)
    {
        if (args.Length < 3)
        {
            Console.Error.WriteLine("rewriter SHIM TARGET-FOLDER ASSEMBLY…");
            return 2;
        }
        var (shim, target, files) = (args[0], args[1], args[2..]);
        Directory.CreateDirectory(target);
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Path.GetDirectoryName(Path.GetFullPath(files[0])));
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        using var shims = AssemblyDefinition.ReadAssembly(shim, new ReaderParameters { AssemblyResolver = resolver });
        var replacements = new Replacements(shims.MainModule);
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var symbols = File.Exists(Path.ChangeExtension(file, "pdb"));
            using var assembly = AssemblyDefinition.ReadAssembly(file, new ReaderParameters { AssemblyResolver = resolver, ReadSymbols = symbols });
            new AssemblyRewriter(assembly, replacements, what => counts[what] = counts.GetValueOrDefault(what) + 1).Rewrite();
            assembly.Write(Path.Combine(target, Path.GetFileName(file)), new WriterParameters { WriteSymbols = symbols });
        }
        File.WriteAllLines(Path.Combine(target, Report), counts.Select(c => $"{c.Key} {c.Value}"));
        return 0;
    }
}
