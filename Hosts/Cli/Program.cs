using Mooring.Cli;

var parsed = Commands.Root().Parse(args);
if (parsed.Errors.Count > 0)
{
    Output.Error(parsed.Errors[0].Message);
    Console.Error.WriteLine("Try 'mooring --help'.");
    return ExitStatus.WrongUsage;
}
return await parsed.InvokeAsync();
