"""What does a sheet of an Excel or OpenDocument workbook say?"""
