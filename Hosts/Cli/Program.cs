return await Mooring.Cli.Commands.RunAsync(args);
