using System.Collections.Frozen;
using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>All kinds of operations: every description in this assembly. To add one is to add its file.</summary>
public static class OperationCatalog
{
    private static readonly FrozenDictionary<Type, Operation> ByCommand;
    private static readonly FrozenDictionary<string, Operation> ByKind;

    static OperationCatalog()
    {
        All = [.. typeof(Operation).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(Operation)))
            .Select(type => (Operation)Activator.CreateInstance(type)!)
            .OrderBy(operation => operation.Kind, StringComparer.Ordinal)];
        ByCommand = All.ToFrozenDictionary(operation => operation.CommandType);
        ByKind = All.ToFrozenDictionary(operation => operation.Kind);
    }

    /// <summary>Every kind, in ordinal order of the kinds.</summary>
    public static IReadOnlyList<Operation> All { get; }

    /// <summary>The operation that carries out a command.</summary>
    /// <param name="command">The command.</param>
    /// <returns>Its operation.</returns>
    public static Operation Of(VolumeCommand command) => ByCommand[command.GetType()];

    /// <summary>The operation of a kind.</summary>
    /// <param name="kind">The kind, such as <c>volume.copy</c>.</param>
    /// <returns>The operation, or null when this version does not know it.</returns>
    public static Operation? Find(string? kind) => kind is null ? null : ByKind.GetValueOrDefault(kind);

    extension(VolumeCommand command)
    {
        /// <summary>The stable name of its kind, such as <c>volume.copy</c>.</summary>
        public string Kind => Of(command).Kind;
    }
}
