using Akka.Actor;
using Mooring.Actors;
using Mooring.Messages;
using Mooring.Operations;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;

namespace Mooring.Palettes;

/// <summary>What the handlers of Mooring's palettes share: reading arguments, and one actor for each conversation.</summary>
internal abstract class MooringCommandHandlerActor : CommandHandlerActor
{
    private readonly ConsoleSettings _settings;

    protected MooringCommandHandlerActor(CommandPalette palette, MooringCluster mooring, ConsoleSettings settings)
        : base(palette) => (Mooring, _settings) = (mooring, settings);

    protected MooringCluster Mooring { get; }

    protected void Ask(IActorRef whom, object question, Func<object, string?> show) =>
        AskFor(whom, question, answer => show(answer) is { } text ? new CommandResponse(text) : null);

    protected void AskFor(IActorRef whom, object question, Func<object, CommandResponse?> show) =>
        Context.ActorOf(Question.Props(whom, question, Sender, _settings, show));

    protected void OnChange(Command command, Operation operation)
    {
        var given = new Given();
        foreach (var parameter in operation.Parameters.Where(p => !p.IsSuffix))
        {
            if (Given(command, parameter.Name) is { } value && !parameter.TryGive(value, given, out var wrong))
            {
                Wrong(wrong);
                return;
            }
        }
        Submit(command, operation.Make(given));
    }

    protected void OnRead(Command command, Read read)
    {
        if (!TryLimit(command, Read.LimitMax, out var limit))
            return;
        var arguments = read.Parameters.ToDictionary(parameter => parameter.Name, parameter => Given(command, parameter.Name) ?? "");
        Ask(Mooring.Dispatcher, new GetRows(read.Kind, arguments, Given(command, CommonArguments.After), limit), answer =>
            answer is RowsFound found ? Texts.Rows(read.Fields, found) : null);
    }

    private void Submit(Command command, VolumeCommand change)
    {
        var text = Given(command, CommonArguments.RequestId) ?? Guid.CreateVersion7().ToString("N");
        if (!RequestId.TryParse(text, out var id, out var problem))
        {
            Wrong(problem);
            return;
        }
        if (!TryFlag(command, CommonArguments.NoWait, out var noWait))
            return;
        Context.ActorOf(Change.Props(Mooring, new SubmitOperation(id, change, Deliver: false), !noWait, Sender, _settings));
    }

    protected void Pursue(OperationId operation, bool everyStep) =>
        Context.ActorOf(Pursuit.Props(Mooring, operation, everyStep, Sender, _settings));

    protected void Wrong(string problem) => Sender.Tell(Replies.Wrong(problem));

    protected bool TryVolume(Command command, string argument, out VolumeId volume)
    {
        if (VolumeId.TryParse(Given(command, argument), out volume, out var problem))
            return true;
        Wrong(problem);
        return false;
    }

    protected bool TryFlag(Command command, string argument, out bool set)
    {
        var text = Given(command, argument) ?? "false";
        if (bool.TryParse(text, out set))
            return true;
        Wrong($"{argument} '{text}' is neither true nor false");
        return false;
    }

    protected bool TryLimit(Command command, int standard, out int limit)
    {
        var text = Given(command, CommonArguments.Limit);
        limit = standard;
        if (text is null || (int.TryParse(text, out limit) && limit is >= 1 and <= 1000))
            return true;
        Wrong($"limit '{text}' is not a whole number from 1 to 1000");
        return false;
    }

    protected static string? Given(Command command, string argument) => command.ArgumentValues(argument).FirstOrDefault();
}

/// <summary>Arguments that several commands have.</summary>
internal static class CommonArguments
{
    public const string RequestId = "request-id";
    public const string NoWait = "no-wait";
    public const string Limit = "limit";
    public const string After = "after";

    /// <summary>What an operation is called within its palette.</summary>
    public static string CommandName(this Operation operation) => string.Join('-', operation.Kind.Split('.')[1..]);

    /// <summary>The definition of an operation's command.</summary>
    public static CommandDefinition Definition(this Operation operation) => operation.Parameters.Where(p => !p.IsSuffix)
        .Aggregate(
            new CommandDefinitionBuilder().WithName(operation.CommandName()).WithDescription(operation.Summary),
            (command, parameter) => parameter is Parameter<bool>
                ? command.WithFlag(parameter.Name, parameter.Help)
                // The first of those that begin with a letter has the short switch.
                : command.WithValue(
                    parameter.Name, parameter.Help, parameter.Required, isShort: operation.Parameters.First(p => p.Name[0] == parameter.Name[0]) == parameter))
        .WithArgument(a => a.WithName(RequestId).WithDescription("The id of this request: the same id always gets the same one result.").WithSwitch("--request-id"))
        .WithFlag(NoWait, "Return as soon as the request is accepted.")
        .Build();

    /// <summary>What a read is called within its palette.</summary>
    public static string CommandName(this Read read) => string.Join('-', read.Kind.Split('.')[1..]);

    /// <summary>The definition of a read's command.</summary>
    public static CommandDefinition Definition(this Read read) => read.Parameters
        .Aggregate(
            new CommandDefinitionBuilder().WithName(read.CommandName()).WithDescription(read.Summary),
            (command, parameter) => command.WithValue(parameter.Name, parameter.Help, mandatory: true))
        .WithValue(After, "Begin after this one.", mandatory: false)
        .WithValue(Limit, "At most so many; default 1000.", mandatory: false)
        .Build();

    public static CommandDefinitionBuilder WithFlag(this CommandDefinitionBuilder command, string name, string description) =>
        command.WithArgument(a => a.WithName(name).WithDescription(description).WithSwitch("--" + name).WithDefaultValues("true", "false"));

    public static CommandDefinitionBuilder WithValue(this CommandDefinitionBuilder command, string name, string description, bool mandatory, bool isShort = true, params string[] values) =>
        command.WithArgument(a =>
        {
            var argument = a.WithName(name).WithDescription(description).WithSwitch("--" + name).WithDefaultValues(values).IsMandatory(mandatory);
            return isShort ? argument.WithSwitch("-" + name[0]) : argument;
        });
}
