using System.Text.RegularExpressions;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Akka.Simulation.Rewriter;

/// <summary>Replaces calls in one assembly, and counts them and those that it leaves although they reach for what is not the world's.</summary>
/// <param name="assembly">The assembly.</param>
/// <param name="replacements">What is replaced.</param>
/// <param name="count">Told of each call.</param>
internal sealed partial class AssemblyRewriter(AssemblyDefinition assembly, Replacements replacements, Action<string> count)
{
    public void Rewrite()
    {
        foreach (var type in assembly.MainModule.GetTypes())
        {
            var isStateMachine = type.Interfaces.Any(i => i.InterfaceType.FullName == "System.Runtime.CompilerServices.IAsyncStateMachine");
            foreach (var method in type.Methods.Where(m => m.HasBody))
            {
                foreach (var instruction in method.Body.Instructions)
                    Rewrite(method, instruction, isStateMachine && method.Name == "MoveNext");
            }
        }
    }

    private void Rewrite(MethodDefinition method, Instruction instruction, bool isAwaiting)
    {
        if (instruction.Operand is not MethodReference called)
            return;
        var isNew = instruction.OpCode == OpCodes.Newobj;
        var isCall = isNew || instruction.OpCode == OpCodes.Call || instruction.OpCode == OpCodes.Callvirt;
        var replacement = called.Name == ".ctor" && !isNew ? null : replacements.For(called, isNew);
        if (replacement is { NotAfterAwait: true } && isAwaiting)
            return;
        if (replacement is not null && isCall)
        {
            (instruction.OpCode, instruction.Operand) = (OpCodes.Call, replacement.In(assembly.MainModule, called));
            count($"{assembly.Name.Name} {Short(called)}");
        }
        else if (replacement is not null || IsForeign(called) || (!isAwaiting && IsAwaiter(called)))
        {
            count($"{assembly.Name.Name} left in {Written(method.DeclaringType)}: {Short(called)}");
        }
    }

    private static string Short(MethodReference called) => $"{called.DeclaringType.GetElementType().Name}.{called.Name}";

    // The type in the source: a lambda's or an iterator's own type is made by the compiler.
    private static string Written(TypeDefinition type)
    {
        while (type.DeclaringType is { } outer && type.Name.StartsWith('<'))
            type = outer;
        return type.FullName;
    }

    private static bool IsForeign(MethodReference called) => Foreign().IsMatch($"{called.DeclaringType.GetElementType().FullName}::{called.Name}");

    private static bool IsAwaiter(MethodReference called) =>
        called.Name == "GetResult" && called.DeclaringType.GetElementType().Name.Split('`')[0].EndsWith("TaskAwaiter", StringComparison.Ordinal);

    // The clock, chance, threads, timers and waits of the operating system, as far as a world has to be asked in their place.
    [GeneratedRegex("""
        ^System\.(
          Date(Time|TimeOffset)::get_(Utc)?(Now|Today)
        | Environment::(get_TickCount.*|Exit|FailFast)
        | Guid::(NewGuid|CreateVersion7)
        | Random::(\.ctor|get_Shared)
        | TimeProvider::get_System
        | Diagnostics\.Stopwatch::(Start|Stop|Restart|Reset|GetTimestamp|get_Elapsed.*|get_IsRunning)
        | Security\.Cryptography\.RandomNumberGenerator::.*
        | Net\.(Dns|Sockets\.Socket|Http\.HttpClient)::(\.ctor|Get.*)
        | Timers\..*
        | Threading\.(
            Thread::(\.ctor|Sleep|Join|SpinWait|Yield)
          | (Periodic)?Timer::.*
          | ThreadPool::.*
          | Monitor::(Wait|TryEnter)
          | SpinWait::SpinUntil
          | (Semaphore|SemaphoreSlim|ManualResetEventSlim|CountdownEvent|Barrier)::Wait
          | WaitHandle::Wait.*
          | CancellationTokenSource::(CancelAfter|CancelAsync)
          | Tasks\.(Task(`1)?::(Run|Delay|Wait|WaitAll|WaitAny|get_Result|ConfigureAwait|Yield) | Parallel::.* | TaskScheduler::(get_Default|FromCurrentSynchronizationContext))
          )
        )$
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Foreign();
}
