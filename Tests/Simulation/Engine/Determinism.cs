using System.Diagnostics;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Akka.Simulation;

/// <summary>
/// Makes this process of the operating system fit for simulations: a thread pool of one worker, and hash codes of strings and tuples
/// that are the same in every process, so that collections that go by them are enumerated in the same order.
/// </summary>
public static class Determinism
{
    private const string PoolMax = "DOTNET_ThreadPool_ForceMaxWorkerThreads";
    private const string PoolMin = "DOTNET_ThreadPool_ForceMinWorkerThreads";

    private static bool s_fixed;

    /// <summary>What a child process must be started with.</summary>
    public static IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>
    {
        [PoolMax] = "1",
        [PoolMin] = "1",
        // Methods are compiled while they run, not later by another thread that competes for the processors.
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_gcConcurrent"] = "0",
    };

    /// <summary>Whether Akka.NET's assemblies in this process are rewritten copies.</summary>
    public static bool IsRewritten { get; } =
        typeof(Actor.ActorSystem).Assembly.GetReferencedAssemblies().Any(a => a.Name == typeof(SimulatedRuntime).Assembly.GetName().Name);

    /// <summary>Whether this process was started as <see cref="Environment"/> says.</summary>
    public static bool HasOneWorker
    {
        get
        {
            ThreadPool.GetMaxThreads(out var workers, out _);
            return workers == 1;
        }
    }

    /// <summary>
    /// Call first in the program: starts the same program again with <see cref="Environment"/> unless that is so already, and fixes the
    /// hash codes.
    /// </summary>
    /// <param name="program">The program's assembly, among rewritten ones (<see cref="ProgramIn"/>).</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The exit code of the program that was started; null when this one can go on.</returns>
    public static int? Ensure(string program, IReadOnlyList<string> arguments)
    {
        if (HasOneWorker && IsRewritten)
        {
            FixHashCodes();
            return null;
        }
        using var child = Process.Start(StartInfo(program, arguments))!;
        child.WaitForExit();
        return child.ExitCode;
    }

    /// <summary>Where a program's copy among rewritten assemblies lies (Akka.Simulation.targets).</summary>
    /// <param name="folder">Where the program itself lies, or the copy.</param>
    /// <param name="program">The program.</param>
    /// <returns>The path of its assembly.</returns>
    public static string ProgramIn(string folder, Assembly program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return Path.Combine(folder, IsRewritten ? "" : "simulated", program.GetName().Name + ".dll");
    }

    /// <summary>How to start a program fit for simulations.</summary>
    /// <param name="program">The program's assembly, among rewritten ones (<see cref="ProgramIn"/>).</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What to give to <see cref="Process.Start(ProcessStartInfo)"/>.</returns>
    public static ProcessStartInfo StartInfo(string program, IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(arguments);
        // The command that runs this process, where there is one: a test host is another program.
        var host = System.Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet";
        var start = new ProcessStartInfo(host, [program, .. arguments]) { UseShellExecute = false };
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        return start;
    }

    // The runtime seeds both by chance in each process, against attacks that a simulation need not fear.
    private static void FixHashCodes()
    {
        if (s_fixed)
            return;
        s_fixed = true;
        Set(typeof(object).Assembly.GetType("System.Marvin", throwOnError: true)!, "<DefaultSeed>k__BackingField", 0x6D6F6F72696E6721UL);
        Set(typeof(HashCode), "s_seed", 0x6D6F6F72U);
    }

    private static void Set(Type type, string name, object value)
    {
        RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        var field = type.GetField(name, BindingFlags.NonPublic | BindingFlags.Static)
            ?? throw new PlatformNotSupportedException($"this runtime's {type} has no {name}: hash codes cannot be made the same everywhere");
        var set = new DynamicMethod("set", null, [field.FieldType], type.Module, skipVisibility: true);
        var il = set.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Stsfld, field);
        il.Emit(OpCodes.Ret);
        set.Invoke(null, [value]);
    }
}
